use toml::{Table, Value};

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// What is wrong with the manifest of a member.
pub(super) fn faults(path: &str, manifest: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    if !manifest.get("lints").is_some_and(is_inherited) {
        faults.push(format!(
            "{path}: the lints of the workspace do not hold here: add `[lints]` with `workspace = true`"
        ));
    }
    let own = dependency_tables(manifest).into_iter().flatten();
    for (name, _) in own.filter(|(_, requirement)| !is_inherited(requirement)) {
        faults.push(format!(
            "{path}: `{name}` has a version of its own: put it into `[workspace.dependencies]` of \
             the root Cargo.toml and write `{name}.workspace = true` here"
        ));
    }
    faults
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// `[dependencies]` and its sisters, those of `[target.…]` too.
fn dependency_tables(manifest: &Table) -> Vec<&Table> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let of_targets = targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    [manifest]
        .into_iter()
        .chain(of_targets)
        .flat_map(|table| {
            SECTIONS
                .iter()
                .filter_map(|section| table.get(*section)?.as_table())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(manifest: &str, expected: &[&str]) {
        let faults = faults("Cargo.toml", &toml::from_str(manifest).unwrap());
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for (fault, words) in faults.iter().zip(expected) {
            assert!(fault.contains(words), "{fault}");
        }
    }

    #[test]
    fn a_manifest_that_inherits_everything_is_tidy() {
        check(
            r#"
            lints.workspace = true
            [dependencies]
            serde.workspace = true
            sqlx = { workspace = true, features = ["sqlite"] }
            "#,
            &[],
        );
    }

    #[test]
    fn missing_lints_are_found() {
        check("[package]", &["the lints of the workspace do not hold"]);
    }

    #[test]
    fn a_version_of_its_own_is_found_in_every_section() {
        check(
            r#"
            lints.workspace = true
            dependencies.serde = "1"
            dev-dependencies.tempfile = { version = "3" }
            target.'cfg(unix)'.dependencies.libc = { workspace = false }
            "#,
            &[
                "`serde` has a version",
                "`tempfile` has a version",
                "`libc` has a version",
            ],
        );
    }
}
