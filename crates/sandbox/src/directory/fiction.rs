//! The cast a sandbox has unless told otherwise.

use super::{Channel, Organization, Person, Tenant, TenantUser, Workspace};

/// Two plain workspaces, and one inside an enterprise organization.
pub(crate) fn fictional_workspaces() -> Vec<Workspace> {
    vec![
        workspace(
            ("T0HARBOUR1", "Harbour Lane Bakery"),
            None,
            &[
                ("U0MARALIND", "Mara Lindqvist"),
                ("U0OTISBELL", "Otis Bellweather"),
            ],
        ),
        workspace(
            ("T0QUILLWD2", "Quillwood Books"),
            None,
            &[("U0INESMORO", "Ines Moro"), ("U0TOVEHART", "Tove Hartnell")],
        ),
        workspace(
            ("T0MERIDOP3", "Meridian Rail Operations"),
            Some(("E0MERIDIAN", "Meridian Rail Group")),
            &[("W0ADAOKORO", "Ada Okoro"), ("W0PIETVOSS", "Piet Voss")],
        ),
    ]
}

/// Two tenants, each with an administrator and an ordinary user.
pub(crate) fn fictional_tenants() -> Vec<Tenant> {
    vec![
        tenant(
            (
                "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10",
                "Fennel & Rye",
                "fennelrye.example",
            ),
            (
                "a1e0c7d4-52b9-4f6e-8c13-0d97be64f2a1",
                "Noor Haddad",
                "noor",
            ),
            (
                "a2b7f930-1c48-4d05-b6ea-73c5128d04f2",
                "Jonas Wick",
                "jonas",
            ),
        ),
        tenant(
            (
                "c84de7b1-20f9-4a36-8be5-f1957a0463d2",
                "Larkspur Clinics",
                "larkspur.example",
            ),
            (
                "b1d9e2a6-7f30-4c81-95d4-e8b06a1c57f1",
                "Selma Brandt",
                "selma",
            ),
            ("b2c46f18-e093-4b7a-a2d5-194f8e7063f2", "Ravi Menon", "ravi"),
        ),
    ]
}

fn workspace(
    (id, name): (&str, &str),
    organization: Option<(&str, &str)>,
    people: &[(&str, &str)],
) -> Workspace {
    let suffix = id.get(2..).unwrap_or(id);
    Workspace {
        id: id.to_owned(),
        name: name.to_owned(),
        organization: organization.map(|(id, name)| Organization {
            id: id.to_owned(),
            name: name.to_owned(),
        }),
        people: people
            .iter()
            .map(|(id, name)| Person {
                id: (*id).to_owned(),
                name: (*name).to_owned(),
            })
            .collect(),
        channels: ["general", "alerts"]
            .iter()
            .zip(["C1", "C2"])
            .map(|(name, prefix)| Channel {
                id: format!("{prefix}{suffix}"),
                name: format!("#{name}"),
            })
            .collect(),
    }
}

type User<'a> = (&'a str, &'a str, &'a str);

fn tenant((id, name, domain): User<'_>, admin: User<'_>, ordinary: User<'_>) -> Tenant {
    let user = |(id, name, mailbox): User<'_>, admin| TenantUser {
        id: id.to_owned(),
        name: name.to_owned(),
        username: format!("{mailbox}@{domain}"),
        admin,
    };
    Tenant {
        id: id.to_owned(),
        name: name.to_owned(),
        domain: domain.to_owned(),
        users: vec![user(admin, true), user(ordinary, false)],
    }
}
