//! What Slack, Entra, Graph and Vault answer: it makes what was promised, or an error that tells
//! none of it.
//!
//! The clients get it through a socket of this machine, from the real HTTP client: that is slower
//! than to call their parsers, but it is what ships, and nothing has to be opened up for it.
//!
//! The first byte says what is asked (a letter, see [`World::ask`]); the others are the answers, in
//! their order, separated by a byte 30. Each begins with a byte for its status and one for its
//! headers; where they name one, its value goes to a byte 31. `{secret}` stands for a secret,
//! `{base}` for where all of them are.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tieline_providers::Egress;
use tokio::runtime::Runtime;
use url::Url;

use self::ask::Asked;
use crate::{
    loopback::{Answer, egress, serve},
    runtime,
    signer::Signer,
};

mod ask;
mod promise;

/// Fit for a token, and not for a provider's error code.
const SECRET: &str = "canary/of=a~reply";

const STATUSES: [u16; 10] = [200, 201, 302, 400, 401, 403, 404, 429, 500, 503];

thread_local! {
    static WORLD: World = World::start();
}

/// Tries these bytes.
pub(crate) fn run(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    WORLD.with(|world| {
        let mut records: VecDeque<&[u8]> = rest.split(|byte| *byte == 30).collect();
        let claims = (*kind == b'i').then(|| records.pop_front().unwrap_or_default());
        let claims = claims.map(|claims| world.filled(claims));
        let answers: Vec<Answer> = records.into_iter().map(|it| world.answer(it)).collect();
        let asked = Asked::new(*kind, claims.as_deref(), &answers);
        *world.claims.lock().unwrap() = claims;
        *world.answers.lock().unwrap() = answers.into();
        world.runtime.block_on(world.ask(&asked));
    });
}

struct World {
    runtime: Runtime,
    egress: Egress,
    base: Url,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    /// What Entra signs, where it does.
    claims: Arc<Mutex<Option<Vec<u8>>>>,
}

impl World {
    fn start() -> Self {
        let runtime = runtime();
        let answers: Arc<Mutex<VecDeque<Answer>>> = Arc::default();
        let claims: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        let (signer, next, signed) = (Signer::generate(), answers.clone(), claims.clone());
        let base = runtime.block_on(serve(move |url| {
            let next = || next.lock().unwrap().pop_front().unwrap_or_else(nothing);
            let signed = signed.lock().unwrap();
            match (&*signed, url.path()) {
                (Some(_), path) if path.ends_with("/keys") => Answer::json(signer.key_set()),
                (Some(claims), path) if path.ends_with("/organizations/oauth2/v2.0/token") => {
                    let id_token = signer.token(claims);
                    Answer::json(format!(
                        r#"{{"token_type":"Bearer","access_token":"{SECRET}","id_token":"{id_token}"}}"#
                    ))
                }
                _ => next(),
            }
        }));
        Self {
            runtime,
            egress: egress(),
            base,
            answers,
            claims,
        }
    }

    fn answer(&self, record: &[u8]) -> Answer {
        let (status, rest) = record.split_first().unwrap_or((&0, &[]));
        let (kind, rest) = rest.split_first().unwrap_or((&b'j', &[]));
        let named = match kind {
            b'r' => Some("retry-after"),
            b'd' => Some("date"),
            b'o' => Some("x-oauth-scopes"),
            b'c' => Some("content-type"),
            _ => None,
        };
        let (value, body) = match named {
            Some(_) => rest.split_at(rest.iter().position(|it| *it == 31).unwrap_or(rest.len())),
            None => (&[][..], rest),
        };
        let value = value.iter().filter(|byte| (32..127).contains(*byte));
        let value = value.map(|byte| char::from(*byte)).collect();
        let mut headers: Vec<_> = named.map(|name| (name, value)).into_iter().collect();
        if *kind != b'n' && *kind != b'c' {
            headers.push(("content-type", "application/json".to_owned()));
        }
        Answer {
            status: STATUSES[usize::from(*status) % STATUSES.len()],
            headers,
            body: self.filled(body.strip_prefix(&[31]).unwrap_or(body)),
        }
    }

    fn filled(&self, bytes: &[u8]) -> Vec<u8> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return bytes.to_vec();
        };
        let base = self.base.as_str().trim_end_matches('/');
        text.replace("{secret}", SECRET)
            .replace("{base}", base)
            .into()
    }
}

fn nothing() -> Answer {
    Answer {
        status: 404,
        headers: Vec::new(),
        body: Vec::new(),
    }
}
