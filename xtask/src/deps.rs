mod rules;

use anyhow::bail;
use clap::Args;
use xshell::Shell;

use self::rules::{BARRED_FROM_DOMAIN, CRATES, CrateRule, DOMAIN, LIBRARIES, LibraryRule, SANDBOX};
use crate::metadata::{Dependency, Metadata, Package};

/// Compares the edges between crates with the table of allowed ones.
///
/// Rules 1 and 2 of the house: which crate of ours may depend on which (normal, build and
/// development dependencies), and which may use axum, utoipa, sqlx, reqwest and redis. A failure
/// names the offending edge and says what to do instead. The table is xtask/src/deps/rules.rs.
#[derive(Args)]
pub(crate) struct Deps {}

impl Deps {
    #[expect(clippy::unused_self, reason = "every task runs the same way")]
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        check(sh)
    }
}

pub(crate) fn check(sh: &Shell) -> anyhow::Result<()> {
    let offences = offences(&Metadata::read(sh)?);
    if offences.is_empty() {
        println!("every edge between crates is an allowed one");
        return Ok(());
    }
    for offence in &offences {
        println!("{offence}");
    }
    bail!("{} edges are not allowed", offences.len())
}

/// One sentence for every edge that the rules do not allow.
fn offences(metadata: &Metadata) -> Vec<String> {
    metadata
        .packages
        .iter()
        .flat_map(|package| offences_of(package, metadata))
        .collect()
}

fn offences_of(package: &Package, metadata: &Metadata) -> Vec<String> {
    let Some(rule) = CRATES.iter().find(|rule| rule.name == package.name) else {
        return vec![format!(
            "`{}` has no row in xtask/src/deps/rules.rs: add one there, and one to the table of \
             crates in docs/ARCHITECTURE.md",
            package.name
        )];
    };
    let offence = |dependency: &Dependency| {
        if dependency.name == package.name {
            None
        } else if metadata.has_member(&dependency.name) {
            inner_offence(rule, dependency)
        } else {
            outer_offence(&package.name, dependency)
        }
    };
    package.dependencies.iter().filter_map(offence).collect()
}

/// An edge from a crate of ours to a crate of ours.
fn inner_offence(rule: &CrateRule, dependency: &Dependency) -> Option<String> {
    let target = dependency.name.as_str();
    let allowed = rule.depends_on.contains(&target)
        || dependency.is_dev() && rule.tests_use.contains(&target);
    if !allowed {
        return Some(edge(rule.name, dependency, rule.instead));
    }
    let shipped_always = target == SANDBOX && rule.sandbox_is_optional && !dependency.optional;
    shipped_always.then(|| {
        edge(
            rule.name,
            dependency,
            "make it `optional`, behind the feature of the same name",
        )
    })
}

/// An edge from a crate of ours to somebody else's.
fn outer_offence(package: &str, dependency: &Dependency) -> Option<String> {
    if package == DOMAIN {
        return barred_from_domain(dependency);
    }
    let rule = LIBRARIES.iter().find(|rule| rule.governs(dependency))?;
    let allowed = rule.users.contains(&package);
    (!allowed).then(|| edge(package, dependency, rule.instead))
}

fn barred_from_domain(dependency: &Dependency) -> Option<String> {
    let barred = BARRED_FROM_DOMAIN
        .iter()
        .find(|library| is_of_family(&dependency.name, library))?;
    if *barred == "tokio" && dependency.is_dev() {
        return None;
    }
    let instead =
        "the domain does no I/O: describe what it needs as a port and let an adapter do it";
    Some(edge(DOMAIN, dependency, instead))
}

impl LibraryRule {
    fn governs(&self, dependency: &Dependency) -> bool {
        is_of_family(&dependency.name, self.library)
            && !(self.tests_are_free && dependency.is_dev())
    }
}

/// `utoipa-axum` is of the family `utoipa`.
fn is_of_family(name: &str, library: &str) -> bool {
    name.strip_prefix(library)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn edge(from: &str, dependency: &Dependency, instead: &str) -> String {
    let (to, kind) = (&dependency.name, dependency.kind_name());
    format!("`{from}` must not have `{to}` as a {kind}: {instead}")
}

#[cfg(test)]
mod tests;
