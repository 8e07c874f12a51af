use std::{ffi::OsStr, path::Path};

/// Over this a file holds more than one idea.
const LINES: usize = 600;

// The words below are written in two halves: this file is looked at as well.
const SWITCHED_OFF: [&str; 2] = [concat!("#[", "allow("), concat!("#![", "allow(")];
const MACHINES: [&str; 2] = [concat!("/ho", "me/"), concat!("/ro", "ot/")];
const REGISTRIES: [&str; 6] = [
    concat!("crates", ".io"),
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("proxy.golang", ".org"),
];

/// Written by cargo, which names the registry in it; `cargo deny check sources` looks after that.
const LOCK_FILE: &str = "Cargo.lock";

/// What is wrong with a file, one sentence for each fault.
pub(super) fn faults(path: &str, content: &str) -> Vec<String> {
    let is_source = Path::new(path).extension() == Some(OsStr::new("rs"));
    let mut faults = if is_source {
        shape_faults(path, content)
    } else {
        Vec::new()
    };
    let is_lock_file = Path::new(path).file_name() == Some(OsStr::new(LOCK_FILE));
    for (index, line) in content.lines().enumerate() {
        let mut fault = |words: &str| faults.push(format!("{path}:{}: {words}", index + 1));
        if is_source && SWITCHED_OFF.iter().any(|word| line.contains(word)) {
            fault(
                "a lint is switched off for good: mend the cause, or write `#[expect(…, reason = \"…\")]`",
            );
        }
        if let Some(machine) = MACHINES.iter().find(|machine| begins_a_path(line, machine)) {
            fault(&format!(
                "a path below {machine} exists on one machine only: make it relative"
            ));
        }
        if !is_lock_file && let Some(host) = REGISTRIES.iter().find(|host| line.contains(*host)) {
            fault(&format!(
                "{host} is not ours to choose for a reader: name the package alone"
            ));
        }
    }
    faults
}

fn shape_faults(path: &str, content: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if Path::new(path).file_name() == Some(OsStr::new("mod.rs")) {
        faults.push(format!(
            "{path}: rename it after its module: `name.rs` beside `name/`"
        ));
    }
    let lines = content.lines().count();
    if LINES < lines {
        faults.push(format!(
            "{path}: {lines} lines are more than {LINES}: split it by idea"
        ));
    }
    faults
}

/// Whether `line` has `prefix` where a path begins, rather than in the middle of an address.
fn begins_a_path(line: &str, prefix: &str) -> bool {
    line.match_indices(prefix).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "}.-_~*".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, content: &str, expected: &[&str]) {
        let faults = faults(path, content);
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for (fault, words) in faults.iter().zip(expected) {
            assert!(fault.contains(words), "{fault}");
        }
    }

    #[test]
    fn an_ordinary_file_is_tidy() {
        check("crates/domain/src/id.rs", "pub struct Id;\n", &[]);
    }

    #[test]
    fn a_file_named_mod_is_found() {
        check(
            "crates/domain/src/ports/mod.rs",
            "",
            &["rename it after its module"],
        );
        check("crates/domain/src/pay_mod.rs", "", &[]);
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        check("a.rs", &"\n".repeat(LINES), &[]);
        check(
            "a.rs",
            &"\n".repeat(LINES + 1),
            &["601 lines are more than 600"],
        );
    }

    #[test]
    fn a_lint_switched_off_is_found_with_its_line() {
        let source = format!("fn a() {{}}\n{}dead_code)]\n", SWITCHED_OFF[0]);
        check("a.rs", &source, &["a.rs:2: a lint is switched off"]);
        check("a.md", &source, &[]);
    }

    #[test]
    fn a_path_of_a_machine_is_found_and_an_address_is_not() {
        check(
            "a.md",
            &format!("see `{}me/x`", MACHINES[0]),
            &["exists on one machine only"],
        );
        check("a.md", &format!("https://example.org{}x", MACHINES[0]), &[]);
    }

    #[test]
    fn a_registry_is_found_outside_the_lock_file() {
        let line = format!("https://static.{}/x", REGISTRIES[0]);
        check("README.md", &line, &["name the package alone"]);
        check("Cargo.lock", &line, &[]);
    }
}
