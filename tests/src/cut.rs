//! Power cuts: the program ends at a step of its work, at once, and starts again. What has to hold
//! then is the same on either database.

use std::{fs, time::Duration};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tieline_sandbox::{Endpoint, TokenKind, TokenMark};

use crate::{BAKERY, Browser, ROTATING, Reply, Stage, Storage, until};

mod callback;
mod disconnect;
mod kills;
mod refresh;

pub use callback::cut_callbacks;
pub use disconnect::cut_disconnects;
pub use kills::kill_at_random;
pub use refresh::cut_refreshes;

/// Longer than anything is in the hands of a process that ended: a connection that it was
/// refreshing, a revocation that it was trying, a flow whose code it was exchanging.
const LATER: Duration = Duration::from_secs(150);

/// Where Slack takes codes and refresh tokens.
const ACCESS: Endpoint = Endpoint::SlackOauthV2Access;

/// A Slack connection whose tokens rotate.
struct Rotating {
    stage: Stage,
    identifier: String,
}

impl Rotating {
    /// A connection of a server that will end at this step.
    async fn start(storage: Storage, step: Option<&str>) -> Self {
        let mut stage = Stage::start_on(storage, |setup| setup.home.break_at(step)).await;
        let home = &stage.server.home;
        home.integration("slack", "rotating", ROTATING, &[]).await;
        let create = ["api-keys", "create", "--right", "tokens:read"];
        stage.api = stage.api.with_key(&home.tell(&create).await);
        let mut rotating = Self {
            stage,
            identifier: String::new(),
        };
        rotating.connect().await;
        rotating
    }

    /// The person connects, once more or for the first time.
    async fn connect(&mut self) {
        let minted = self.stage.mint("rotating").await;
        let (page, attempt) = self.stage.allow(&minted, Browser::new()).await;
        assert_eq!(page.status, 200, "{}", page.words());
        let identifier = attempt["connectionIdentifier"].as_str();
        identifier
            .expect("a connection")
            .clone_into(&mut self.identifier);
    }

    /// The back end asks for a token that lives as long as any, which takes a refresh; answers
    /// nothing where the process ended over it.
    async fn ask_for_fresh_token(&self) -> Option<Reply> {
        let request = self.token_request(43_200);
        Reply::to(request).await
    }

    fn token_request(&self, min_valid_for: u32) -> RequestBuilder {
        let path = format!("/v1/channel-connections/{}/token", self.identifier);
        let body = json!({ "minValidFor": min_valid_for });
        self.stage.api.request(Method::POST, &path).json(&body)
    }

    /// A token that is there, and that the provider takes.
    async fn working_token(&self) -> TokenMark {
        let reply = Reply::of(self.token_request(0)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let token = reply.json()["accessToken"].clone();
        let token = token.as_str().expect("a token");
        let url = format!("{}/api/auth.test", self.stage.sandbox.slack_base_url());
        let asked = self.stage.api.http.post(url).bearer_auth(token);
        let answer = Reply::of(asked).await.json();
        assert_eq!(answer["ok"], true, "a token is dead: {answer}");
        let mark = self.stage.control.mark_of(token);
        mark.expect("the sandbox issued it")
    }

    /// The process has ended by itself; later it starts again, with nothing in its way.
    async fn start_later(&mut self) {
        assert!(!self.stage.server.ended().await.success());
        self.begin_later(None).await;
    }

    /// A process begins, a while after the last one.
    async fn begin_later(&mut self, step: Option<&str>) {
        self.stage.server.home.break_at(step);
        self.stage.server.home.pass_time(LATER);
        self.stage.server.start_again().await;
    }

    /// A process begins like that, and may end at the step; it is killed where it has nothing to do
    /// that leads there.
    async fn begin_or_end_later(&mut self, step: &str) {
        self.stage.server.home.break_at(Some(step));
        self.stage.server.home.pass_time(LATER);
        if !self.stage.server.starts_again().await {
            return;
        }
        until("it ends, or there is nothing to do", async || {
            if self.stage.server.has_ended() {
                return Some(());
            }
            let request = self
                .stage
                .api
                .request(Method::GET, "/v1/channel-connections");
            let reply = Reply::to(request).await?.json();
            let connection = &reply["data"][0];
            (connection["status"] != "in_doubt").then_some(())
        })
        .await;
        self.stage.server.kill().await;
    }

    /// The connection, once it is neither in somebody's hands nor in doubt.
    async fn decided(&self) -> Value {
        until("it is decided how the connection is", async || {
            let connection = self.stage.api.only_connection().await;
            let open = ["refreshing", "in_doubt"];
            let status = connection["status"].as_str().expect("a status");
            (!open.contains(&status)).then_some(connection)
        })
        .await
    }

    /// How many times the connection got tokens that are stored, as far as the database tells that
    /// to others.
    fn generation(&self) -> Option<String> {
        let database = self.stage.database.as_ref()?;
        database.ask("SELECT generation FROM connections").pop()
    }

    /// How often each refresh token was sent, in the order of their issue.
    fn spent(&self) -> Vec<usize> {
        let calls = self.stage.control.calls_by_token(ACCESS);
        let of_refresh = |(mark, _): &(TokenMark, usize)| mark.kind == TokenKind::SlackBotRefresh;
        let calls = calls.into_iter().filter(of_refresh);
        calls.map(|(_, times)| times).collect()
    }

    /// Nothing waits in the journal of the node any more, but for what was not written to its end.
    async fn journal_is_empty(&self) {
        let journal = self.stage.server.home.data_dir().join("journal");
        until("the journal is empty", async || {
            let mut files = fs::read_dir(&journal).expect("a folder").flatten();
            let is_entry = |file: fs::DirEntry| {
                let path = file.path();
                path.extension().is_some_and(|ending| ending == "json")
            };
            (!files.any(is_entry)).then_some(())
        })
        .await;
    }

    /// What the provider would still let in.
    fn live(&self) -> Vec<TokenMark> {
        self.stage.control.live_slack_tokens(ROTATING.0, BAKERY)
    }

    async fn delete(&self) -> Option<Reply> {
        Reply::to(self.delete_request()).await
    }

    fn delete_request(&self) -> RequestBuilder {
        let path = format!("/v1/channel-connections/{}", self.identifier);
        self.stage.api.request(Method::DELETE, &path)
    }

    /// The newest receipt, once nothing is pending in it.
    async fn receipt(&self) -> Value {
        until("the revocation ends", async || {
            let receipt = self.stage.api.list("/v1/revocations").await.into_iter();
            let receipt = receipt.take(1).next()?;
            (receipt["status"] != "pending").then_some(receipt)
        })
        .await
    }
}
