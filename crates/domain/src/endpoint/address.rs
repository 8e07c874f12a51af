//! Addresses: parsed once, the secret members apart from the others.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    endpoint::kind::{EndpointKind, Member, MemberFormat},
    text::{check_printable, check_public_url, sanitize},
};

/// Where an endpoint leads: what may be shown, and what makes two endpoints the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointAddress {
    /// What kind of address it is.
    pub kind: EndpointKind,
    /// The members that are no secrets.
    pub public: Map<String, Value>,
    /// Tells two addresses of one kind apart: ids, or a hash where all is secret.
    pub key: String,
}

/// An address with its secret members beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// What is no secret.
    pub address: EndpointAddress,
    /// What is: the members as a JSON object, to be sealed. Empty where there is none.
    pub secret: Map<String, Value>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Address {
    /// Reads an address of a kind; answers every problem, by member.
    pub fn parse(
        kind: EndpointKind,
        mut members: Map<String, Value>,
    ) -> Result<Self, Vec<(String, String)>> {
        let known = kind.policy().members;
        let (mut public, mut secret, mut problems) = (Map::new(), Map::new(), Vec::new());
        for member in known {
            match members.remove(member.name).filter(|value| !value.is_null()) {
                None if member.required => problems.push(told(member.name, "is required")),
                None => {}
                Some(value) => {
                    if let Err(problem) = member.check(&value) {
                        problems.push(told(member.name, &problem));
                    } else {
                        let part = if member.secret {
                            &mut secret
                        } else {
                            &mut public
                        };
                        part.insert(member.name.to_owned(), value);
                    }
                }
            }
        }
        let problem = format!("is no member of a {kind} address");
        problems.extend(
            members
                .keys()
                .map(|name| told(&sanitize(name, 64), &problem)),
        );
        if problems.is_empty() && public.is_empty() && secret.is_empty() {
            let names: Vec<_> = known.iter().map(|member| member.name).collect();
            problems.push(told(
                names[0],
                &format!("or another of {} is required", names.join(", ")),
            ));
        }
        if problems.is_empty() {
            Ok(Self::of(kind, public, secret))
        } else {
            Err(problems)
        }
    }

    /// The address of a person at a provider.
    #[must_use]
    pub fn person(kind: EndpointKind, user_id: &str) -> Self {
        let public = Map::from_iter([("userId".to_owned(), user_id.into())]);
        Self::of(kind, public, Map::new())
    }

    /// The address of an incoming webhook.
    #[must_use]
    pub fn webhook(url: &str, channel: Option<&str>, channel_id: Option<&str>) -> Self {
        let named = [("channel", channel), ("channelId", channel_id)];
        let public = named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
            .collect();
        let secret = Map::from_iter([("url".to_owned(), url.into())]);
        Self::of(EndpointKind::Webhook, public, secret)
    }

    fn of(kind: EndpointKind, public: Map<String, Value>, secret: Map<String, Value>) -> Self {
        let key = key(kind, &public, &secret);
        Self {
            address: EndpointAddress { kind, public, key },
            secret,
        }
    }
}

fn told(name: &str, problem: &str) -> (String, String) {
    (name.to_owned(), problem.to_owned())
}

/// What tells addresses apart. An incoming webhook: its channel where that is known, since a new
/// consent brings a new URL for the same one. Otherwise a hash of what is secret, else the members.
fn key(kind: EndpointKind, public: &Map<String, Value>, secret: &Map<String, Value>) -> String {
    if kind == EndpointKind::Webhook
        && let Some(Value::String(channel)) = public.get("channelId")
    {
        return channel.clone();
    }
    if secret.is_empty() {
        let texts: Vec<_> = public.values().filter_map(Value::as_str).collect();
        return texts.join("/");
    }
    let digest = Sha256::digest(Value::Object(secret.clone()).to_string().as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

impl Member {
    fn check(&self, value: &Value) -> Result<(), String> {
        if self.format == MemberFormat::Texts {
            let members = value.as_object();
            let fits = members.is_some_and(|members| members.values().all(Value::is_string));
            return if fits {
                Ok(())
            } else {
                Err("must be an object of texts".to_owned())
            };
        }
        let text = value.as_str().ok_or("must be a text")?;
        match self.format {
            MemberFormat::Url => check_public_url(text).map_err(|problem| problem.to_string()),
            MemberFormat::RoutingKey => {
                let fits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_alphanumeric());
                if fits {
                    Ok(())
                } else {
                    Err("must be 32 letters and digits".to_owned())
                }
            }
            MemberFormat::OneOf(values) if values.contains(&text) => Ok(()),
            MemberFormat::OneOf(values) => Err(format!("must be one of {}", values.join(", "))),
            MemberFormat::Text | MemberFormat::Texts => {
                check_printable(text, 512).map_err(|problem| problem.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(kind: EndpointKind, members: Value) -> Result<Address, Vec<(String, String)>> {
        let Value::Object(members) = members else {
            panic!("an address is an object")
        };
        Address::parse(kind, members)
    }

    #[test]
    fn secret_members_stand_apart() {
        let members = json!({ "url": "https://hooks.example/x", "channel": "#general" });
        let address = parse(EndpointKind::Webhook, members).unwrap();
        assert_eq!(
            Value::Object(address.address.public),
            json!({ "channel": "#general" })
        );
        assert_eq!(
            Value::Object(address.secret),
            json!({ "url": "https://hooks.example/x" })
        );
        assert!(!address.address.key.contains("hooks"));
    }

    #[test]
    fn every_problem_is_told_by_member() {
        let members = json!({ "routingKey": "short", "region": "mars", "extra": 1 });
        let problems = parse(EndpointKind::PagerdutyService, members).unwrap_err();
        let names: Vec<_> = problems.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["routingKey", "region", "extra"]);
    }

    #[test]
    fn an_address_of_optional_members_needs_one_of_them() {
        assert!(parse(EndpointKind::WebexPerson, json!({})).is_err());
        assert!(
            parse(
                EndpointKind::WebexPerson,
                json!({ "personEmail": "a@b.example" })
            )
            .is_ok()
        );
    }

    #[test]
    fn a_webhook_leads_to_a_public_address() {
        for inner in [
            "http://127.0.0.1/x",
            "https://localhost/x",
            "http://169.254.169.254/",
            "ftp://x/",
        ] {
            assert!(
                parse(EndpointKind::Webhook, json!({ "url": inner })).is_err(),
                "{inner}"
            );
        }
    }

    #[test]
    fn every_kind_leads_back_from_its_name() {
        for kind in EndpointKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
    }
}
