//! What a store is asked.

use anyhow::ensure;
use xshell::Shell;

use super::Served;
use crate::bench::{
    mint,
    wrk::{Keys, Load, NUMBER, Wrk},
};

/// How long each load takes.
const SECONDS: u64 = 2;

/// Enough to keep both cores busy, and no more.
const CONNECTIONS: usize = 8;

/// So many pages lie before the one that is asked for by its cursor.
const PAGES: usize = 20;

/// One kind of request.
pub(super) struct Question {
    pub(super) name: &'static str,
    /// How many times the speed on few rows is wanted, at least.
    pub(super) wanted: f64,
    request: Request,
}

enum Request {
    /// A list, by path and query.
    List(fn(rows: u64) -> String),
    /// A page some way into the list of connections.
    Deep,
    /// Something is made, by a path and a body in which [`NUMBER`] is another one each.
    Make(&'static str, fn() -> String),
}

const LISTS: f64 = 0.7;
const WRITES: f64 = 0.35;

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        name: "connections, first page",
        wanted: LISTS,
        request: Request::List(|_| connections("limit=10")),
    },
    Question {
        name: "connections, a page by its cursor",
        wanted: LISTS,
        request: Request::Deep,
    },
    Question {
        name: "connections of an integration",
        wanted: LISTS,
        request: Request::List(|_| connections("limit=10&integrationIdentifier=slack-second")),
    },
    Question {
        name: "connections at a provider",
        wanted: LISTS,
        request: Request::List(|_| connections("limit=10&providerId=slack")),
    },
    Question {
        name: "connections of a subscriber",
        wanted: LISTS,
        request: Request::List(|rows| {
            connections(&format!("limit=10&subscriberId=person-{}", rows / 2 + 1))
        }),
    },
    Question {
        name: "connections of a context",
        wanted: LISTS,
        request: Request::List(|rows| {
            connections(&format!("limit=10&contextKeys=tenant:org-{}", rows / 20))
        }),
    },
    Question {
        name: "shared connections",
        wanted: LISTS,
        request: Request::List(|_| connections("limit=10&connectionMode=shared")),
    },
    Question {
        name: "subscribers of a name",
        wanted: LISTS,
        request: Request::List(|rows| {
            format!(
                "/v2/subscribers?limit=10&name=Ada%20Lovelace%20{}",
                rows / 2 + 1
            )
        }),
    },
    Question {
        name: "contexts with a text",
        wanted: LISTS,
        request: Request::List(|rows| format!("/v2/contexts?limit=10&search=rg-{}", rows / 20)),
    },
    Question {
        name: "making subscribers",
        wanted: WRITES,
        request: Request::Make("/v2/subscribers", || {
            format!(r#"{{"subscriberId":"new-{NUMBER}","firstName":"Ada","lastName":"King"}}"#)
        }),
    },
    Question {
        name: "making contexts",
        wanted: WRITES,
        request: Request::Make("/v2/contexts", || {
            format!(r#"{{"type":"tenant","id":"new-{NUMBER}"}}"#)
        }),
    },
];

impl Question {
    /// How many of them are answered in a second.
    pub(super) fn ask(
        &self,
        sh: &Shell,
        wrk: &Wrk,
        served: &Served<'_>,
        round: usize,
    ) -> anyhow::Result<f64> {
        let (port, api_key) = (served.process.port, &served.api_key);
        let (path, body, keys) = match self.request {
            Request::List(path) => (path(served.rows), String::new(), Keys::None),
            Request::Deep => (deep(port, api_key)?, String::new(), Keys::None),
            Request::Make(path, body) => (path.to_owned(), body(), Keys::InBody),
        };
        if body.is_empty() {
            // Answered badly, it says why.
            mint::get(port, api_key, &path)?;
        }
        let seen = wrk.run(
            sh,
            &Load {
                url: &format!("http://127.0.0.1:{port}{path}"),
                body: &body,
                api_key,
                keys,
                word: &round.to_string(),
                connections: CONNECTIONS,
                seconds: SECONDS,
            },
        )?;
        let fault = seen.fault();
        ensure!(
            fault.is_none(),
            "{}: {}",
            self.name,
            fault.unwrap_or_default()
        );
        Ok(seen.requests_per_second())
    }
}

fn connections(query: &str) -> String {
    format!("/v1/channel-connections?{query}")
}

/// A page that lies some way into the list of connections.
fn deep(port: u16, api_key: &str) -> anyhow::Result<String> {
    let mut path = connections("limit=10");
    for _ in 0..PAGES {
        let page = mint::get(port, api_key, &path)?;
        let next = page["next"].as_str();
        ensure!(next.is_some(), "a list ends too early: {page}");
        path = connections(&format!("limit=10&after={}", next.unwrap_or_default()));
    }
    Ok(path)
}
