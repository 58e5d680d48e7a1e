//! The speech model.

use super::Finding;
use crate::config::Plan;
use crate::models::{self, State};

pub(super) fn look(plan: &Plan) -> Finding {
    let what = format!("Speech model {}", plan.captions.model);
    if !plan.captions.enabled {
        return Finding::ok(what, "captions are turned off in the settings");
    }
    let name = &plan.captions.model;
    let pull = format!("visio models pull {name}");
    let mut verified = models::verify(&plan.models_folder).into_iter();
    let verified = verified.find(|(manifest, _)| manifest.name == name);
    match verified {
        Some((_, Ok(()))) => Finding::ok(what, "complete and unchanged"),
        Some((_, Err(error))) => Finding::failure(what, error.to_string(), pull),
        None if is_known(plan) => {
            Finding::warning(what, "it is not here: captions will be off", pull)
        }
        None => match models::load(&plan.models_folder, name) {
            Ok(_) => Finding::ok(what, "your own file"),
            Err(error) => Finding::warning(what, error.to_string(), "visio models list"),
        },
    }
}

fn is_known(plan: &Plan) -> bool {
    let listed = models::list(&plan.models_folder).into_iter();
    let mut missing = listed.filter(|(_, state)| *state == State::Missing);
    missing.any(|(manifest, _)| manifest.name == plan.captions.model)
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet_plan;
    use super::*;

    #[test]
    fn a_damaged_model_is_a_failure_and_a_missing_one_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let plan = quiet_plan(folder.path(), |_| {});
        assert!(format!("{:?}", look(&plan)).contains("visio models pull whisper-base"));
        assert!(!look(&plan).is_failure());
        std::fs::create_dir_all(&plan.models_folder).unwrap();
        let file = models::find("whisper-base").unwrap().file;
        std::fs::write(plan.models_folder.join(file), "not a model").unwrap();
        assert!(look(&plan).is_failure());
    }

    #[test]
    fn without_captions_no_model_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let plan = quiet_plan(folder.path(), |settings| settings.captions.enabled = false);
        assert!(!look(&plan).is_failure());
    }
}
