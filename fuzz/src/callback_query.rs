//! The callback's query, through all routes to storage in memory: nothing is broken by it, no code
//! is sent twice, and nothing that it says is in any answer.
//!
//! The bytes are the query. `{slack}` in it stands for the state of a flow that was just minted, and
//! so do the other [`NAMES`]; where a provider is asked, the code decides what it answers.

use std::{cell::RefCell, collections::BTreeSet};

use tieline_adapter_http::CALLBACK_PATH;

use self::{
    answer::Answer,
    world::{NAMES, World},
};

mod answer;
mod world;

/// How many inputs one storage serves before it would grow too large.
const LIFE: usize = 2000;

/// Longer than any query that is read, and short enough to be one.
const MOST: usize = 18 * 1024;

/// Queries that together lead to every page that there is. It is a failure to meet another one: the
/// pages depend on the reason alone, so whatever is different was put there by the query.
const EVERY_PAGE: &[&str] = &[
    "",
    "state=x",
    "state=a&state=b",
    "state={expired}",
    "state={signin}",
    "state={slack}",
    "state={slack}&code=good",
    "state={slack}&code=refused",
    "state={slack}&code=down",
    "state={link}&code=good",
    "state={slack}&error=access_denied",
    "state={slack}&error=server_error",
    "state={slack}&error=other",
    "state={teams}",
    "state={teams}&admin_consent=True&tenant=9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2",
    "state={consented}",
    "state={consented}&code=good",
    "state={inactive}&code=good",
];

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

/// Tries these bytes.
pub(crate) fn run(input: &[u8]) {
    BENCH.with_borrow_mut(|bench| {
        if bench.as_ref().is_none_or(|bench| bench.life == 0) {
            *bench = Some(Bench::start());
        }
        bench.as_mut().unwrap().run(input);
    });
}

struct Bench {
    world: World,
    pages: BTreeSet<String>,
    life: usize,
}

impl Bench {
    fn start() -> Self {
        let world = World::start();
        let mut pages = BTreeSet::new();
        for query in EVERY_PAGE {
            let path = path(&filled(&world, query.as_bytes()));
            let (answer, again) = (world.open(&path), world.open(&path));
            for answer in [answer, again] {
                pages.extend(shown(&world, &answer).map(|answer| answer.page()));
            }
        }
        Self {
            world,
            pages,
            life: LIFE,
        }
    }

    fn run(&mut self, input: &[u8]) {
        self.life -= 1;
        if input.len() > MOST {
            return;
        }
        let asked = self.world.exchanges();
        let query = filled(&self.world, input);
        let path = path(&query);
        // The person comes, and comes again.
        for _ in 0..2 {
            let answer = self.world.open(&path);
            answer.assert_kept_from_others();
            match answer.status {
                303 => answer.assert_leads_home(),
                400 => {}
                other => panic!("{other}"),
            }
            if let Some(answer) = shown(&self.world, &answer) {
                let page = answer.page();
                assert!(self.pages.contains(&page), "no page of ours: {page}");
            }
        }
        assert!(self.world.exchanges() <= asked + 1, "a code was sent twice");
    }
}

/// The page that is seen in the end: this one, or the one of ours to which it leads.
fn shown(world: &World, answer: &Answer) -> Option<Answer> {
    let Some(location) = &answer.location else {
        return Some(answer.clone());
    };
    let id = location.strip_prefix("../../../../connect/")?;
    let shown = world.open(&format!("/connect/{id}"));
    shown.assert_kept_from_others();
    assert!(
        matches!(shown.status, 200 | 400 | 409 | 502),
        "{}",
        shown.status
    );
    Some(shown)
}

/// The query with states where there are names of them, each made once.
fn filled(world: &World, input: &[u8]) -> Vec<u8> {
    let mut query = input.to_vec();
    for name in NAMES {
        let place = |query: &[u8]| {
            query
                .windows(name.len())
                .position(|it| it == name.as_bytes())
        };
        if place(&query).is_none() {
            continue;
        }
        let state = world.state(name);
        while let Some(at) = place(&query) {
            query.splice(at..at + name.len(), state.bytes());
        }
    }
    query
}

/// As a browser asks: what cannot stand in a URL is written otherwise.
fn path(query: &[u8]) -> String {
    let written = query.iter().map(|byte| match byte {
        b'#' | b'"' | b'<' | b'>' | 0..=32 | 127.. => format!("%{byte:02X}"),
        _ => char::from(*byte).to_string(),
    });
    format!("{CALLBACK_PATH}?{}", written.collect::<String>())
}
