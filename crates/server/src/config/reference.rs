//! The reference of all settings, made from the settings themselves.

use super::load::Origins;
use super::plan::Plan;
use super::settings::{
    Acme, Captions, Data, Database, Log, Media, Metrics, Models, Operator, Server, Settings, Tls,
    Transcripts, Turn,
};
use crate::storage::Location;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

const INTRODUCTION: &str = "\
<!-- Made by `visio config reference`; do not edit: change crates/server/src/config/settings.rs -->
# Configuration

Visio starts with none of these set. They are read from `visio.toml` in the folder it is started in
(or the file named by `--config` or `VISIO_CONFIG`), then from the environment, then from
`--set section.key=value`; the last wins. A key that does not exist is refused.

In the environment `media.udp_port` is `VISIO_MEDIA__UDP_PORT`; lists are written with commas. With
`_FILE` at its end the variable names a file that holds the value, for secrets:
`VISIO_DATABASE__URL_FILE=/run/secrets/database`. `visio config check` says what is wrong,
`visio config print` what is in force.
";

const KEYS: &str = "
## [keys]
API keys as LiveKit has them: `name = \"secret\"`, the secret at least 32 characters. Who holds
one can make tokens for every room. Also `LIVEKIT_KEYS=\"name: secret\"`. With none set, one is made
on the first start and kept in `api.key` in the data folder.
";

/// The text of `docs/configuration.md`.
pub fn markdown() -> String {
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let mut text = INTRODUCTION.to_owned();
    let sections = [
        ("server", Server::schema()),
        ("tls", Tls::schema()),
        ("tls.acme", Acme::schema()),
        ("media", Media::schema()),
        ("turn", Turn::schema()),
        ("database", Database::schema()),
        ("data", Data::schema()),
        ("captions", Captions::schema()),
        ("transcripts", Transcripts::schema()),
        ("models", Models::schema()),
        ("metrics", Metrics::schema()),
        ("log", Log::schema()),
        ("operator", Operator::schema()),
    ];
    for (name, schema) in &sections {
        let pointer = format!("/{}", name.replace('.', "/"));
        let defaults = defaults.pointer(&pointer).unwrap_or(&Value::Null);
        section(&mut text, name, schema, defaults);
    }
    text + KEYS
}

/// The settings in force as TOML, secrets hidden, each with where it comes from and, where it says
/// "as many as fit" or the like, what that is on this machine.
pub fn printed(settings: &Settings, origins: &Origins, plan: &Plan) -> String {
    let mut settings = settings.clone();
    let hide = |secret: &mut String| {
        if !secret.is_empty() {
            "(hidden)".clone_into(secret);
        }
    };
    settings.keys.values_mut().for_each(hide);
    hide(&mut settings.data.master_key);
    if matches!(plan.database, Location::Postgres(_)) {
        hide(&mut settings.database.url);
    }
    let resolved = resolved(plan);
    let values = serde_json::to_value(&settings).unwrap_or_default();
    let mut text = String::new();
    for (section, values) in values.as_object().into_iter().flatten() {
        print_section(&mut text, section, values, &|dotted| {
            let origin = origins.get(dotted).map_or("default", String::as_str);
            let meant = resolved.get(dotted);
            let meant = meant.map_or_else(String::new, |meant| format!("; here {meant}"));
            format!("{origin}{meant}")
        });
    }
    text
}

/// A section as TOML, then those inside it; `remark` is what is said of each setting.
fn print_section(
    text: &mut String,
    section: &str,
    values: &Value,
    remark: &impl Fn(&str) -> String,
) {
    let of = |inner: bool| {
        let values = values.as_object().into_iter().flatten();
        values.filter(move |(_, value)| value.is_object() == inner)
    };
    let _ = writeln!(text, "[{section}]");
    for (key, value) in of(false) {
        // A JSON text, number, truth value or list of these is TOML as well.
        let remark = remark(&format!("{section}.{key}"));
        let _ = writeln!(text, "{key} = {value}  # {remark}");
    }
    text.push('\n');
    for (key, values) in of(true) {
        print_section(text, &format!("{section}.{key}"), values, remark);
    }
}

/// What the settings come to that leave it to the machine or follow others.
fn resolved(plan: &Plan) -> BTreeMap<&'static str, String> {
    let mut resolved = BTreeMap::from([
        ("media.workers", plan.media.workers.to_string()),
        ("captions.threads", plan.captions.threads.to_string()),
        ("models.folder", plan.models_folder.display().to_string()),
    ]);
    if let Location::Sqlite(path) = &plan.database {
        resolved.insert("database.url", path.display().to_string());
    }
    resolved
}

fn section(text: &mut String, name: &str, schema: &RefOr<Schema>, defaults: &Value) {
    let RefOr::T(Schema::Object(object)) = schema else {
        return;
    };
    let about = object.description.as_deref().unwrap_or_default();
    let _ = write!(
        text,
        "\n## [{name}]\n{about}\n\n| key | default | meaning |\n|---|---|---|\n"
    );
    let settings = object.properties.iter();
    for (key, property) in settings.filter(|(key, _)| !defaults[key.as_str()].is_object()) {
        let meaning = description(property).replace('\n', " ");
        let _ = writeln!(text, "| `{key}` | `{}` | {meaning} |", defaults[key]);
    }
}

fn description(property: &RefOr<Schema>) -> String {
    let described = match property {
        RefOr::T(Schema::Object(object)) => object.description.clone(),
        RefOr::T(Schema::Array(array)) => array.description.clone(),
        _ => None,
    };
    described.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_reference_is_fresh() {
        crate::generated::check("docs/configuration.md", &markdown());
    }

    #[test]
    fn every_setting_is_explained() {
        let text = markdown();
        let defaults = serde_json::to_value(Settings::default()).unwrap();
        for (section, values) in defaults.as_object().unwrap() {
            assert!(text.contains(&format!("## [{section}]")), "{section}");
            for (key, value) in values.as_object().unwrap() {
                if value.is_object() {
                    let inner = format!("## [{section}.{key}]");
                    assert!(text.contains(&inner), "{inner}");
                    continue;
                }
                let row = text
                    .lines()
                    .find(|line| line.starts_with(&format!("| `{key}` |")));
                let row = row.unwrap_or_else(|| panic!("{section}.{key} is missing"));
                assert!(!row.ends_with("|  |"), "{section}.{key} has no comment");
            }
        }
    }

    #[test]
    fn what_is_printed_is_toml_without_secrets() {
        let mut settings = Settings::default();
        settings.data.master_key = "canary".to_owned();
        settings.database.url = "postgres://visio:canary@db/visio".to_owned();
        let secret = "canary".repeat(8);
        settings.keys.insert("devkey".to_owned(), secret);
        settings.media.workers = 0;
        settings.tls.acme.contact = "a@example.org".to_owned();
        let plan = super::super::plan(settings.clone()).unwrap();
        let origin = (
            "media.udp_port".to_owned(),
            "VISIO_MEDIA__UDP_PORT".to_owned(),
        );
        let text = printed(&settings, &Origins::from([origin]), &plan);
        assert!(!text.contains("canary"));
        assert!(
            text.contains("udp_port = 7882  # VISIO_MEDIA__UDP_PORT\n"),
            "{text}"
        );
        let workers = format!("workers = 0  # default; here {}\n", plan.media.workers);
        assert!(text.contains(&workers), "{text}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("visio.toml");
        std::fs::write(&file, &text).unwrap();
        let flags = super::super::Flags {
            file: Some(file),
            set: Vec::new(),
        };
        let again = super::super::load(&flags, []).unwrap().0;
        assert_eq!(again.media.udp_port, 7882);
        assert_eq!(again.tls.acme.contact, "a@example.org");
    }
}
