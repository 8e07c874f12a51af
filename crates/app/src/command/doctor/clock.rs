//! The clock, compared with those of others.

use jiff::SignedDuration;

use super::{Finding, State};

const WHAT: &str = "clock";

/// From here on something is wrong with how the clock is set.
const NOTICEABLE: SignedDuration = SignedDuration::from_secs(10);

/// From here on a state that one node made is from the future for another.
const HARMFUL: SignedDuration = SignedDuration::from_secs(60);

/// What another clock said.
#[derive(Debug)]
pub(super) struct Reading {
    /// Whose it is.
    pub(super) of: String,
    /// By how much it is ahead of ours.
    pub(super) ahead: SignedDuration,
    /// By how much more or less that may be.
    pub(super) doubt: SignedDuration,
}

/// Judges our clock by the reading that is furthest from it.
pub(super) fn check(readings: &[Reading]) -> Finding {
    let furthest = readings.iter().max_by_key(|reading| reading.least());
    let Some(furthest) = furthest else {
        let told = "There was no other clock to compare it with: no provider was asked, or none \
            answered.";
        return Finding::good(WHAT, told);
    };
    let told = furthest.told();
    let mend = "Set the clock by the network (NTP: chrony, systemd-timesyncd), on every node and \
        on the database's machine. A minute apart, one node refuses the URLs of another; five, \
        and Microsoft's tokens are taken for expired.";
    match state(furthest.least()) {
        State::Good => Finding::good(WHAT, told),
        State::Warning => Finding::warning(WHAT, told, mend),
        State::Bad => Finding::bad(WHAT, told, mend),
    }
}

fn state(difference: SignedDuration) -> State {
    if difference >= HARMFUL {
        State::Bad
    } else if difference >= NOTICEABLE {
        State::Warning
    } else {
        State::Good
    }
}

impl Reading {
    /// The smallest difference that it may stand for.
    fn least(&self) -> SignedDuration {
        (self.ahead.abs() - self.doubt).max(SignedDuration::ZERO)
    }

    fn told(&self) -> String {
        let side = if self.ahead.is_negative() {
            "ahead of"
        } else {
            "behind"
        };
        match self.least().as_secs() {
            0 => format!("It agrees with that of {} to the second.", self.of),
            seconds => format!("It is {seconds} s {side} that of {}.", self.of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(ahead: i64) -> Reading {
        Reading {
            of: "https://slack.com".to_owned(),
            ahead: SignedDuration::from_secs(ahead),
            doubt: SignedDuration::from_secs(1),
        }
    }

    #[test]
    fn the_clock_is_judged_by_the_one_that_is_furthest_from_it() {
        for (ahead, expected, told) in [
            (&[0, 1][..], State::Good, "agrees"),
            (&[0, 11], State::Warning, "10 s behind"),
            (&[0, -11], State::Warning, "10 s ahead of"),
            (&[60, 2], State::Warning, "59 s behind"),
            (&[2, -61], State::Bad, "60 s ahead of"),
        ] {
            let readings: Vec<_> = ahead.iter().copied().map(reading).collect();
            let found = check(&readings);
            assert_eq!(found.state, expected, "{ahead:?}");
            assert!(found.told.contains(told), "{}", found.told);
        }
        assert_eq!(check(&[]).state, State::Good);
    }
}
