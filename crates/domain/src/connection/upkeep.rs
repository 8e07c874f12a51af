//! When a connection is to be looked after, and by whom.

use jiff::{SignedDuration, Timestamp};

use crate::{
    attempt::Failure,
    connection::{ChannelConnection, CredentialKind, Standing},
    id::ConnectionId,
    integration::Credentials,
};

/// A token is refreshed this long before it dies, or earlier.
const REFRESH_LEAD: SignedDuration = SignedDuration::from_hours(2);

/// The part of its life, in thousandths, after which a token is refreshed, and how far connections
/// are spread from there.
const REFRESH_SHARE: (i64, i64) = (600, 200);

/// How long after its last proof a connection is asked about, and how far connections are spread
/// from there: in all less than [`crate::connection::health::PROOF_LIFETIME`].
const PROBE_AFTER: (SignedDuration, SignedDuration) = (
    SignedDuration::from_hours(18),
    SignedDuration::from_hours(4),
);

/// Between two refreshes of one connection lies at least so much, whatever a provider says.
const LEAST_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// The pause after the first failure, doubled with each, and the longest.
const BACK_OFF: (SignedDuration, SignedDuration) =
    (SignedDuration::from_secs(30), SignedDuration::from_mins(30));

/// The longest pause while it is in doubt whether a connection is good.
const LONGEST_DOUBT: SignedDuration = SignedDuration::from_mins(5);

/// When a connection is to be looked after, and who is at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// When it is to be looked after; none where nothing can be done for it.
    pub due_at: Option<Timestamp>,
    /// How often in a row that failed.
    pub failures: u32,
    /// How often it was taken in hand, or out of somebody's. Only grows.
    pub epoch: u64,
    /// Until when somebody has it in hand. Past, it means that they did not come to an end.
    pub leased_until: Option<Timestamp>,
}

impl Upkeep {
    /// Of a connection that gets other tokens, not by its upkeep: whoever has it in hand loses it.
    #[must_use]
    pub fn replaced(&self) -> Self {
        Self {
            epoch: self.epoch + 1,
            ..Self::default()
        }
    }
}

/// The right to look after a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The connection.
    pub connection: ConnectionId,
    /// Its generation when it was taken in hand.
    pub generation: u64,
    /// The epoch that began with it: it is worth nothing in any other.
    pub epoch: u64,
}

impl ChannelConnection {
    /// When it is to be looked after next if its tokens stay as they are: the earlier of the next
    /// refresh and the next question to its provider.
    #[must_use]
    pub fn next_upkeep(&self, now: Timestamp) -> Timestamp {
        let refresh = self.credentials.iter().filter_map(|c| {
            c.refresh_token.as_ref()?;
            Some(self.refresh_at(c.expires_at?))
        });
        refresh.chain([self.probe_at(now)]).min().unwrap_or(now)
    }

    /// The connection as it is to be written when its tokens came at `now`: nobody has it in hand,
    /// and it is looked after when that is due.
    #[must_use]
    pub fn scheduled(mut self, now: Timestamp) -> Self {
        self.upkeep = Upkeep {
            epoch: self.upkeep.epoch,
            due_at: Some(self.next_upkeep(now)),
            ..Upkeep::default()
        };
        self
    }

    /// The same of one that was just looked after: the next time is not at once, whatever its
    /// provider says of its tokens.
    #[must_use]
    pub fn looked_after(self, now: Timestamp) -> Self {
        let mut scheduled = self.scheduled(now);
        let earliest = now + LEAST_PAUSE;
        scheduled.upkeep.due_at = scheduled.upkeep.due_at.max(Some(earliest));
        scheduled
    }

    /// When it is to be looked after next if that failed once more: later with every failure.
    /// `at_least` is what the provider asked for.
    #[must_use]
    pub fn next_try(&self, now: Timestamp, at_least: SignedDuration) -> Timestamp {
        let (first, longest) = BACK_OFF;
        let longest = match self.health.standing {
            Standing::InDoubt => LONGEST_DOUBT,
            _ => longest,
        };
        let doubled = first * 2_i32.pow(self.upkeep.failures.min(7));
        let spread = first * i32::try_from(self.spread(1000)).unwrap_or(0) / 1000;
        now + doubled.min(longest).max(at_least.min(longest * 2)) + spread
    }

    /// When a token that dies at `expires_at` is to be refreshed: at 60 to 80 % of its life, or two
    /// hours before its end where that is earlier. Connections are spread, so that those which were
    /// made at once are not refreshed at once.
    #[must_use]
    pub fn refresh_at(&self, expires_at: Timestamp) -> Timestamp {
        let life = expires_at
            .duration_since(self.updated_at)
            .max(SignedDuration::ZERO);
        let (share, spread) = REFRESH_SHARE;
        let thousandths = share + self.spread(spread);
        let seconds = life.as_secs() * thousandths / 1000;
        let by_share = self.updated_at + SignedDuration::from_secs(seconds);
        let by_lead = expires_at - REFRESH_LEAD;
        // A life of less than the lead would else be over before it began.
        if by_lead <= self.updated_at {
            by_share
        } else {
            by_share.min(by_lead)
        }
    }

    /// The credential that is to be refreshed at `now`: the one that dies first of those that are
    /// due or, after a refresh of which nobody knows how it ended, of all.
    #[must_use]
    pub fn refresh_due(&self, now: Timestamp, in_doubt: bool) -> Option<CredentialKind> {
        let rotating = self
            .credentials
            .iter()
            .filter(|c| c.refresh_token.is_some());
        let due = rotating
            .filter(|c| in_doubt || c.expires_at.is_some_and(|at| self.refresh_at(at) <= now));
        due.min_by_key(|c| c.expires_at).map(|c| c.kind)
    }

    /// The credential that lives for ever though the app rotates its tokens by now.
    #[must_use]
    pub fn exchange_due(&self, app: &Credentials) -> Option<CredentialKind> {
        if !app.rotates_tokens() {
            return None;
        }
        let mut everlasting = self
            .credentials
            .iter()
            .filter(|c| c.refresh_token.is_none() && c.expires_at.is_none());
        everlasting.next().map(|c| c.kind)
    }

    /// The connection after its end at the provider: nothing can be done for it any more.
    #[must_use]
    pub fn ended(mut self, standing: Standing, failure: Failure, now: Timestamp) -> Self {
        self.upkeep.due_at = None;
        self.health = self.health.failed(standing, failure, now);
        self
    }

    fn probe_at(&self, now: Timestamp) -> Timestamp {
        let Some(proved_at) = self.health.proved_at else {
            return now + LEAST_PAUSE;
        };
        let (after, spread) = PROBE_AFTER;
        let later = SignedDuration::from_secs(self.spread(spread.as_secs()));
        (proved_at + after + later).max(now + LEAST_PAUSE)
    }

    /// A number below `bound` that is always the same for one connection, and spread evenly over
    /// many: their ids end with random bits.
    fn spread(&self, bound: i64) -> i64 {
        let (_, _, _, random) = self.id.0.as_fields();
        let random = u32::from_be_bytes([random[4], random[5], random[6], random[7]]);
        i64::from(random) % bound.max(1)
    }
}
