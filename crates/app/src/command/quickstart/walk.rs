//! A walk through the flows without a browser: it does over HTTP what back end and browser would.

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Response, header, redirect};
use serde_json::{Value, json};
use tieline_sandbox::{RemovalForm, SlackForm};
use url::Url;

use super::{SUBSCRIBER, Sample, WATCH_INTERVAL};
use crate::command::sandbox::{PROVIDERS, SLACK_CLIENT_ID};

/// How many pages a flow may lead through.
const MAX_HOPS: usize = 10;

/// How often it is looked whether a connection was told that its app is gone.
const LOOKS: u32 = 50;

/// Somebody who asks for URLs and clicks Allow.
pub(super) struct Walk<'a> {
    sample: &'a Sample,
    http: Client,
}

impl<'a> Walk<'a> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a stand-in for a browser, on loopback only"
    )]
    pub(super) fn new(sample: &'a Sample) -> anyhow::Result<Self> {
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { sample, http })
    }

    pub(super) async fn run(&self) -> anyhow::Result<()> {
        println!(
            "Sample environment in {}.\n",
            self.sample.settings.data_dir.display()
        );
        let mut connections = Vec::new();
        for integration in PROVIDERS {
            println!("{integration}");
            let connected = self.connect(integration).await;
            connections.push(connected.with_context(|| format!("the {integration} flow"))?);
        }
        println!("slack, when the app is removed there");
        let removed = self.remove_slack_app(&connections[0]).await;
        removed.context("the removal of the Slack app")
    }

    async fn connect(&self, integration: &str) -> anyhow::Result<Value> {
        let (url, attempt) = self.mint(integration).await?;
        let page = self.click_through(url).await?;
        println!("  200 {page}");
        let path = format!("/v1/connect-attempts/{attempt}");
        let attempt = self.read(&path).await?;
        let Some(identifier) = attempt["connectionIdentifier"].as_str() else {
            bail!("the attempt ended without a connection: {attempt}");
        };
        let connection = self
            .read(&format!("/v1/channel-connections/{identifier}"))
            .await?;
        println!(
            "  the stored connection:\n{}\n",
            serde_json::to_string_pretty(&connection)?
        );
        Ok(connection)
    }

    /// Removes the app as an administrator would, and waits until its connection knows.
    async fn remove_slack_app(&self, connection: &Value) -> anyhow::Result<()> {
        let place = connection["workspace"]["id"].as_str();
        let place = place.context("a connection has a workspace")?;
        let form = [
            (RemovalForm::APP, SLACK_CLIENT_ID),
            (RemovalForm::PLACE, place),
        ];
        let page = &self.sample.installed_page;
        let removal = format!("{page}/remove");
        println!("  Remove at {}", page.path());
        let response = self.http.post(removal).form(&form).send().await?;
        let status = response.status();
        ensure!(status.is_redirection(), "the sandbox answered {status}");
        let identifier = connection["identifier"].as_str();
        let identifier = identifier.context("a connection has an identifier")?;
        let path = format!("/v1/channel-connections/{identifier}");
        println!("  GET {path}");
        let mut interval = tokio::time::interval(WATCH_INTERVAL);
        for _ in 0..LOOKS {
            interval.tick().await;
            let connection = self.ask(&path).await?;
            if connection["status"] == "revoked" {
                println!(
                    "  the connection is revoked: {} {}\n",
                    connection["statusMessage"].as_str().unwrap_or_default(),
                    connection["statusRemedy"].as_str().unwrap_or_default()
                );
                return Ok(());
            }
        }
        bail!(
            "the connection was not told: has the integration slack the signingSecret that \
             `tieline sandbox` prints? One of an older sample has none; delete {} then",
            self.sample.settings.data_dir.display()
        )
    }

    async fn mint(&self, integration: &str) -> anyhow::Result<(Url, String)> {
        let path = "/v1/integrations/channel-connections/oauth";
        let body = json!({ "subscriberId": SUBSCRIBER, "integrationIdentifier": integration });
        println!("  POST {path} {body}");
        let request = self.http.post(self.own(path)?).json(&body);
        let response = request
            .header(header::AUTHORIZATION, self.authorization())
            .send()
            .await?;
        let attempt = response.headers().get("connect-attempt-id").cloned();
        let minted: Value = read_json(response).await?;
        let url: Url = minted["url"]
            .as_str()
            .context("the answer has a url")?
            .parse()?;
        println!(
            "  201 {}{} …",
            url.origin().ascii_serialization(),
            url.path()
        );
        let attempt = attempt.context("the answer names its attempt")?;
        Ok((url, attempt.to_str()?.to_owned()))
    }

    /// Follows every redirect and allows on every consent page, until a page is the last one.
    async fn click_through(&self, start: Url) -> anyhow::Result<Url> {
        let mut url = start;
        for _ in 0..MAX_HOPS {
            let response = self.http.get(url.clone()).send().await?;
            let next = match location(&url, &response)? {
                Some(next) => next,
                None if self.is_consent_page(&url) => self.allow(&url).await?,
                None => {
                    let status = response.status();
                    ensure!(status.is_success(), "{} answered {status}", url.path());
                    return Ok(url);
                }
            };
            url = next;
        }
        bail!("the flow went through more than {MAX_HOPS} pages");
    }

    fn is_consent_page(&self, url: &Url) -> bool {
        url.origin() == self.sample.settings.slack_base_url.origin()
    }

    /// Submits a consent page's form with nothing changed. Slack's and Entra's name the decision
    /// alike.
    async fn allow(&self, page: &Url) -> anyhow::Result<Url> {
        println!("  Allow at {}", page.path());
        let mut decision = page.clone();
        decision.set_query(None);
        decision.set_path(&format!("{}/decision", page.path()));
        let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        form.push((SlackForm::DECISION.to_owned(), SlackForm::ALLOW.to_owned()));
        let response = self.http.post(decision.clone()).form(&form).send().await?;
        location(&decision, &response)?.context("a consent leads back")
    }

    async fn read(&self, path: &str) -> anyhow::Result<Value> {
        println!("  GET {path}");
        self.ask(path).await
    }

    async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.http.get(self.own(path)?);
        read_json(
            request
                .header(header::AUTHORIZATION, self.authorization())
                .send()
                .await?,
        )
        .await
    }

    fn own(&self, path: &str) -> anyhow::Result<Url> {
        Ok(format!("http://{}{path}", self.sample.settings.listen).parse()?)
    }

    fn authorization(&self) -> String {
        format!("ApiKey {}", self.sample.key)
    }
}

async fn read_json(response: Response) -> anyhow::Result<Value> {
    let status = response.status();
    let body = response.text().await?;
    ensure!(status.is_success(), "{status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

fn location(base: &Url, response: &Response) -> anyhow::Result<Option<Url>> {
    let Some(location) = response.headers().get(header::LOCATION) else {
        return Ok(None);
    };
    let location = base.join(location.to_str()?)?;
    if response.status().is_redirection() {
        println!("  {} to {}", response.status().as_u16(), location.path());
    }
    Ok(Some(location))
}
