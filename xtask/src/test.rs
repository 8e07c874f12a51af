use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

use crate::{clients, services::Services};

/// The packages all of whose tests talk to servers.
const USERS_OF_SERVICES: [&str; 2] = ["tieline-adapter-postgres", "tieline-adapter-redis"];

/// The package with the tests of the whole program, and its modules with those that talk to servers
/// and those that start clients.
const END_TO_END: &str = "tieline-tests";
const TESTS_OF_MANY_NODES: &str = "many_nodes::";
const TESTS_OF_CLIENTS: &str = "real_clients::";

/// Every test: units, contract suites, and end to end against the real program.
///
/// Builds the program first, as it is and with steps at which it can be ended, and hands the paths to
/// the end-to-end tests in the variables `TIELINE_BIN` and `TIELINE_BREAKABLE_BIN`; they start it as a process and talk HTTP to it. Postgres and Redis are those that
/// `TIELINE_TEST_POSTGRES_URL` and `TIELINE_TEST_REDIS_URL` name, else throw-aways on free ports:
/// from programs of this machine, else in containers, else, as root on Debian or Ubuntu, from
/// packages that are installed then. They end with the run. The clients in `tests/clients`, told by
/// `TIELINE_CLIENTS`, need Node.js 18.17 and Python 3.11 or newer, which are installed in the same
/// way; their own packages are fetched when they have changed, and kept below `target/clients`.
/// Otherwise no network is needed.
#[derive(Args, Default)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Test {
    /// Only the unit tests of all crates and the tests of the domain: nothing is started, and the
    /// program is not built
    #[arg(long)]
    fast: bool,

    /// Leave out the tests that need Postgres or Redis, and say which those are
    #[arg(long, conflicts_with = "fast")]
    no_services: bool,

    /// Leave out the tests of the clients in `tests/clients`, which need Node.js and Python, and say
    /// so
    #[arg(long, conflicts_with = "fast")]
    no_clients: bool,

    /// Handed to `cargo test`; a package named here replaces the whole workspace
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    rest: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test -- --package tieline-tests --test clients   only the tests of the clients
  cargo xtask test -- --package tieline-tests --test fleet     only those of many nodes
  cargo xtask test -- expired_state                            tests with this in their name
  cargo xtask test --fast -- -- --nocapture                    with what the tests print";

impl Test {
    pub(crate) fn run(&self, sh: &Shell) -> anyhow::Result<()> {
        if self.fast {
            self.run_fast(sh)
        } else {
            self.run_all(sh)
        }
    }

    fn run_all(&self, sh: &Shell) -> anyhow::Result<()> {
        let programs = build_breakable(sh).and_then(|breakable| Ok((build(sh, &[])?, breakable)));
        let (program, breakable) = programs.context(
            "the program does not build, so no test was run: build only that with \
             `cargo build --package tieline`",
        )?;
        let clients = self.needs_clients().then(|| clients::prepare(sh));
        let clients = clients.transpose().context(
            "no test was run, for want of what the clients need (`cargo xtask test --no-clients` runs \
             all tests but theirs)",
        )?;
        let services = self.needs_services().then(|| Services::start(sh));
        let services = services.transpose()?;
        let mut whole = vec!["--workspace"];
        if self.no_services {
            whole.extend(
                USERS_OF_SERVICES
                    .iter()
                    .flat_map(|user| ["--exclude", user]),
            );
        }
        let (scope, rest) = (self.scope(&whole), self.rest_without_left_out());
        let tests = cmd!(sh, "cargo test --no-fail-fast {scope...} {rest...}");
        let variables = services.iter().flat_map(Services::variables);
        let tests = tests
            .env("TIELINE_BIN", program)
            .env("TIELINE_BREAKABLE_BIN", breakable)
            .envs(variables);
        let tests = tests.envs(clients.map(|clients| ("TIELINE_CLIENTS", clients)));
        let outcome = run(&tests, "the tests");
        if self.no_services {
            let left_out = USERS_OF_SERVICES.join(", ");
            println!(
                "left out, for want of servers (--no-services): the tests of {left_out}, and those \
                 of many nodes in tests/tests/fleet"
            );
        }
        if self.no_clients {
            println!("left out (--no-clients): the tests of the clients in tests/clients");
        }
        outcome
    }

    /// Whether any of the tests may talk to a server.
    fn needs_services(&self) -> bool {
        let named = |user: &&str| self.rest.iter().any(|argument| argument.contains(user));
        let mut users = USERS_OF_SERVICES
            .iter()
            .chain([&END_TO_END, &"--workspace"]);
        (!self.names_a_package() || users.any(named)) && !self.no_services
    }

    /// Whether any of the tests may start a client.
    fn needs_clients(&self) -> bool {
        let names = |it: &String| it.contains(END_TO_END) || it == "--workspace";
        let named = self.rest.iter().any(names);
        (!self.names_a_package() || named) && !self.no_clients
    }

    /// What was handed over, and what keeps the test programs from what is left out.
    fn rest_without_left_out(&self) -> Vec<&str> {
        let mut rest: Vec<&str> = self.rest.iter().map(String::as_str).collect();
        let left_out = [
            (self.no_clients, TESTS_OF_CLIENTS),
            (self.no_services, TESTS_OF_MANY_NODES),
        ];
        for (_, tests) in left_out.iter().filter(|(is_left_out, _)| *is_left_out) {
            if !rest.contains(&"--") {
                rest.push("--");
            }
            rest.extend(["--skip", tests]);
        }
        rest
    }

    fn run_fast(&self, sh: &Shell) -> anyhow::Result<()> {
        let (scope, rest) = (
            self.scope(&["--workspace", "--exclude", "tieline-tests"]),
            &self.rest,
        );
        let units = cmd!(
            sh,
            "cargo test --no-fail-fast {scope...} --lib --bins {rest...}"
        );
        let units = run(&units, "the unit tests");
        if self.names_a_package() || !sh.path_exists("crates/domain/tests") {
            return units;
        }
        let domain = cmd!(
            sh,
            "cargo test --no-fail-fast --package tieline-domain --test * {rest...}"
        );
        units.and(run(&domain, "the tests of the domain"))
    }

    /// `whole`, unless the caller chose a package.
    fn scope<'a>(&self, whole: &'a [&'a str]) -> &'a [&'a str] {
        if self.names_a_package() { &[] } else { whole }
    }

    fn names_a_package(&self) -> bool {
        let of_cargo = self.rest.iter().take_while(|argument| *argument != "--");
        of_cargo.into_iter().any(|argument| {
            argument.starts_with("--package")
                || argument.starts_with("-p")
                || argument == "--workspace"
        })
    }
}

fn run(tests: &Cmd<'_>, name: &str) -> anyhow::Result<()> {
    tests.run().map_err(|_| {
        anyhow!(
            "{name} failed: run only the failed ones again with `cargo xtask test -- <words>`, the \
             words being those in backquotes that cargo printed above, or the name of one test"
        )
    })
}

/// Builds the program with steps at which it can be ended, and puts it beside the other one, which
/// cargo will build in its place.
fn build_breakable(sh: &Shell) -> anyhow::Result<PathBuf> {
    let built = build(sh, &["--features", "failpoints"])?;
    let folder = built.with_file_name("breakable");
    sh.create_dir(&folder)?;
    let kept = folder.join(built.file_name().context("cargo named no program")?);
    sh.copy_file(&built, &kept)?;
    Ok(kept)
}

/// Builds the program and tells where it lies.
fn build(sh: &Shell, features: &[&str]) -> anyhow::Result<PathBuf> {
    let messages = cmd!(
        sh,
        "cargo build --package tieline {features...} --message-format json-render-diagnostics"
    )
    .read()?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
        .context("cargo named no program")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(rest: &[&str]) -> Test {
        Test {
            rest: rest.iter().copied().map(str::to_owned).collect(),
            ..Test::default()
        }
    }

    #[test]
    fn without_a_package_the_whole_workspace_is_tested() {
        assert_eq!(
            test(&["expired_state"]).scope(&["--workspace"]),
            ["--workspace"]
        );
    }

    #[test]
    fn a_chosen_package_replaces_the_workspace() {
        for package in [
            &["--package", "xtask"][..],
            &["--package=xtask"],
            &["-pxtask"],
        ] {
            assert!(
                test(package).scope(&["--workspace"]).is_empty(),
                "{package:?}"
            );
        }
    }

    #[test]
    fn servers_are_started_for_those_who_talk_to_them() {
        for rest in [
            &[][..],
            &["expired_state"],
            &["-p", "tieline-adapter-postgres"],
            &["--package=tieline-tests", "--test", "fleet"],
            &["--workspace"],
        ] {
            assert!(test(rest).needs_services(), "{rest:?}");
        }
        assert!(!test(&["--package=xtask"]).needs_services());
        let without = Test {
            no_services: true,
            ..test(&[])
        };
        assert!(!without.needs_services());
    }

    #[test]
    fn clients_are_prepared_for_those_who_start_them() {
        for rest in [
            &[][..],
            &["expired_state"],
            &["--package=tieline-tests"],
            &["--workspace"],
        ] {
            assert!(test(rest).needs_clients(), "{rest:?}");
        }
        assert!(!test(&["-p", "xtask"]).needs_clients());
    }

    #[test]
    fn tests_of_clients_are_left_out_on_demand() {
        for (rest, expected) in [
            (
                &["words"][..],
                &["words", "--", "--skip", TESTS_OF_CLIENTS][..],
            ),
            (
                &["--", "--nocapture"],
                &["--", "--nocapture", "--skip", TESTS_OF_CLIENTS],
            ),
        ] {
            assert_eq!(test(rest).rest_without_left_out(), rest);
            let without = Test {
                no_clients: true,
                ..test(rest)
            };
            assert!(!without.needs_clients());
            assert_eq!(without.rest_without_left_out(), expected);
        }
    }

    #[test]
    fn without_servers_the_tests_of_many_nodes_are_left_out() {
        let without = Test {
            no_services: true,
            no_clients: true,
            ..test(&["words"])
        };
        let skipped = ["--skip", TESTS_OF_CLIENTS, "--skip", TESTS_OF_MANY_NODES];
        let expected = [&["words", "--"][..], &skipped].concat();
        assert_eq!(without.rest_without_left_out(), expected);
    }

    #[test]
    fn what_goes_to_the_test_program_chooses_no_package() {
        assert_eq!(test(&["--", "-p"]).scope(&["--workspace"]), ["--workspace"]);
    }
}
