//! Every rule of the house, applied to the house as it stands.

use visio_tidy::{
    Complaint, File, dependencies, direction, features, floors, hidden, leaks, map, migrations,
    names, opening, programs, purity, sizes, tree,
};

/// The tree is read once for each rule; an empty one would let every rule pass for nothing.
fn inspect(rule: fn(&[File]) -> Vec<Complaint>) {
    let files = match tree::files(&tree::root()) {
        Ok(files) => files,
        Err(error) => panic!("{error}"),
    };
    assert!(
        files
            .iter()
            .any(|file| file.path == "crates/tidy/tests/house.rs"),
        "the tree was not read"
    );
    let complaints = rule(&files);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn dependencies_point_one_way() {
    inspect(direction::check);
}

#[test]
fn messages_of_livekit_stop_at_the_edge() {
    inspect(direction::check_wire);
}

#[test]
fn folders_know_only_what_is_below_them() {
    inspect(floors::check);
}

#[test]
fn no_files_know_each_other() {
    inspect(floors::check_circles);
}

#[test]
fn every_dependency_is_used() {
    inspect(dependencies::check);
}

#[test]
fn libraries_stay_behind_their_module() {
    inspect(hidden::check);
}

#[test]
fn pure_crates_are_pure() {
    inspect(purity::check);
}

#[test]
fn pure_crates_repeat_the_lints_of_the_root() {
    inspect(purity::check_lint_files);
}

#[test]
fn every_file_opens_with_a_sentence() {
    inspect(opening::check);
}

#[test]
fn the_shell_stays_thin() {
    inspect(sizes::check_shell);
}

#[test]
fn functions_and_files_stay_small() {
    inspect(sizes::check);
}

#[test]
fn names_say_something() {
    inspect(names::check);
}

#[test]
fn the_map_is_fresh() {
    inspect(map::check);
}

#[test]
fn nothing_leaks_into_the_tree() {
    inspect(leaks::check);
}

#[test]
fn every_feature_of_the_web_client_has_a_test() {
    inspect(features::check);
}

#[test]
fn migrations_serve_both_databases() {
    inspect(migrations::check);
}

#[test]
fn programs_can_be_started() {
    inspect(programs::check);
}
