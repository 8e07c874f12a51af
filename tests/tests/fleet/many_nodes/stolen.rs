//! Who steals the database has nothing: neither a dump nor the server's own files nor its log hold
//! a secret in the clear, while it is stored, after it was deleted, after its key was replaced.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{Browser, Fleet, SLACK, SUBSCRIBER, TestDatabase, files_with, forms};

/// What the provider hands out here, and what is brought along; recognizable wherever it turns up.
const CANARIES: [&str; 6] = [
    "xoxb-canary-stolen-bot-token-9c2e",
    "xoxe-1-canary-stolen-refresh-token-9c2e",
    "xoxp-canary-stolen-user-token-9c2e",
    "xoxb-canary-stolen-imported-token-9c2e",
    "canaryStolenWebhook9c2e",
    SLACK.1,
];

/// What is no secret, and has to be found: who looks with closed eyes finds nothing either.
const WITNESS: &str = "witness-of-the-dump-9c2e";

/// T21
#[tokio::test]
async fn a_stolen_database_has_no_secret_in_the_clear() {
    let fleet = Fleet::start().await;
    fill(&fleet).await;
    let mut seen = Looked::default();
    seen.look(&fleet.database, "s1", "as long as it is stored");

    for list in ["channel-connections", "channel-endpoints"] {
        let reply = fleet.api(0).read(&format!("/v1/{list}?limit=100")).await;
        for item in reply["data"].as_array().expect("a list") {
            let identifier = item["identifier"].as_str().expect("an identifier");
            let path = format!("/v1/{list}/{identifier}");
            assert!(matches!(fleet.api(0).deleted(&path).await, 204 | 404));
        }
    }
    seen.look(&fleet.database, "s1", "after it was deleted");

    fleet
        .operator
        .tell(&["sealing-keys", "add", "storage"])
        .await;
    fleet
        .operator
        .tell(&["sealing-keys", "rotate", "storage"])
        .await;
    let retire = ["sealing-keys", "retire", "storage", "s1", "--at-once"];
    fleet.operator.tell(&retire).await;
    seen.look(&fleet.database, "s2", "after its key was replaced");
    seen.tell();
}

/// Stores every canary, over the API and by a flow.
async fn fill(fleet: &Fleet) {
    let issued = json!({
        "access_token": CANARIES[0], "refresh_token": CANARIES[1], "expires_in": 43200,
        "authed_user": { "access_token": CANARIES[2], "token_type": "user", "scope": "identify" },
    });
    let fault = Fault::SlackReplyPatch(issued);
    fleet
        .control
        .fault_once(Endpoint::SlackOauthV2Access, fault);
    let callback = fleet.allowed(&fleet.mint(0, "slack").await).await;
    assert_eq!(
        Browser::new().open(&fleet.at(1, &callback)).await.status,
        200
    );
    let named = |more: Value| {
        let mut body = json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER });
        body.as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("one").clone());
        body
    };
    let connection = named(json!({
        "workspace": { "id": "T9C2E" },
        "auth": { "accessToken": CANARIES[3] },
    }));
    fleet
        .api(0)
        .made("/v1/channel-connections", &connection)
        .await;
    let witness = json!({ "subscriberId": WITNESS });
    fleet.api(2).made("/v2/subscribers", &witness).await;
    let url = format!("https://hooks.example.com/{}", CANARIES[4]);
    let endpoint = named(json!({ "type": "webhook", "endpoint": { "url": url } }));
    fleet.api(1).made("/v1/channel-endpoints", &endpoint).await;
}

/// Where it was looked, and where it could not be.
#[derive(Default)]
struct Looked {
    missed: Vec<String>,
}

impl Looked {
    /// Looks everywhere; the dump has values that this key sealed.
    fn look(&mut self, database: &TestDatabase, key: &str, when: &str) {
        let copy = tempfile::tempdir().expect("a folder");
        let folders = [copy.path().to_owned()];
        match dump(database, &copy.path().join("dump.sql")) {
            Ok(()) => {
                search(&folders, &format!("in the dump, {when}"));
                let header = &forms(&format!("\u{1}\u{2}{key}"))[2];
                assert!(!files_with(&folders, &[format!("\\x{header}")]).is_empty());
            }
            Err(why) => self.missed.push(format!("no dump, {when}: {why}")),
        }
        match files(database) {
            Ok(files) => search(&files, &format!("in the server's files, {when}")),
            Err(why) => self
                .missed
                .push(format!("not the server's files, {when}: {why}")),
        }
    }

    /// Says what was not looked at; where that is everything, the test says nothing.
    #[expect(clippy::print_stderr, reason = "a test tells what it could not do")]
    fn tell(self) {
        for missed in &self.missed {
            eprintln!("it was not looked at: {missed}");
        }
        assert!(self.missed.len() < 6, "nothing could be looked at");
    }
}

/// Looks for the canaries, however they are written.
fn search(folders: &[PathBuf], place: &str) {
    let witnesses = files_with(folders, &[WITNESS.to_owned()]);
    assert!(!witnesses.is_empty(), "the witness is not found {place}");
    let forms: Vec<_> = CANARIES.iter().flat_map(|canary| forms(canary)).collect();
    assert_eq!(files_with(folders, &forms), "", "a canary is found {place}");
}

/// What `pg_dump` gives to whoever may read everything.
fn dump(database: &TestDatabase, file: &Path) -> Result<(), String> {
    let program = pg_dump().ok_or("there is no pg_dump here")?;
    let mut command = Command::new(program);
    command.arg("--file").arg(file).arg(database.url().as_str());
    let dumped = command.output().map_err(|error| error.to_string())?;
    if dumped.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&dumped.stderr).into_owned())
}

/// The newest one of Debian's, else the one on the path.
fn pg_dump() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let programs = versions.map(|version| version.path().join("bin/pg_dump"));
    let newest = programs.filter(|program| program.is_file()).max();
    let on_path = || Command::new("pg_dump").arg("--version").output().ok();
    newest.or_else(|| on_path().map(|_| PathBuf::from("pg_dump")))
}

/// Where the files of this database are, and the log of all, on the server's disk.
fn files(database: &TestDatabase) -> Result<[PathBuf; 2], String> {
    // What is in memory alone would not be found in the files.
    let answers = database.ask("CHECKPOINT; SHOW data_directory");
    let folder = PathBuf::from(
        answers
            .last()
            .ok_or("it does not tell where its data are")?,
    );
    let id = database.ask("SELECT oid FROM pg_database WHERE datname = current_database()");
    let parts = [folder.join("base").join(&id[0]), folder.join("pg_wal")];
    for part in &parts {
        fs::read_dir(part).map_err(|error| format!("{}: {error}", part.display()))?;
    }
    Ok(parts)
}
