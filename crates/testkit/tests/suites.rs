//! That each suite runs all of its cases.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::{fs, path::Path};

#[test]
fn every_case_is_in_the_list_of_its_suite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract");
    let mut cases = 0;
    for suite in fs::read_dir(folder).unwrap() {
        let path = suite.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let list = fs::read_to_string(&path).unwrap();
        for name in case_names(&path) {
            assert!(
                list.contains(&format!("    {name},\n")),
                "{name} in {path:?}"
            );
            cases += 1;
        }
    }
    assert!(cases > 140, "{cases}");
}

/// The public functions of a suite's file and of the files in its folder.
fn case_names(suite: &Path) -> Vec<String> {
    let parts = fs::read_dir(suite.with_extension("")).into_iter().flatten();
    let files = parts
        .map(|part| part.unwrap().path())
        .chain([suite.to_owned()]);
    let texts: Vec<String> = files
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    texts
        .iter()
        .flat_map(|text| text.split("\npub async fn ").skip(1))
        .map(|rest| rest.split(['(', '<']).next().unwrap().to_owned())
        .collect()
}
