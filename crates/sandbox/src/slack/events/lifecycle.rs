//! The ends of installations and authorizations, which Slack tells the app.

use super::event::letter_to;
use super::{EventOrder, SlackEvent, SlackEventKind};
use crate::delivery::Letter;
use crate::slack::installations::{Holder, Kind};
use crate::slack::state::SlackState;
use crate::world::World;

/// Removes an app from a workspace or an organization.
pub(crate) fn uninstall(world: &World, slack: &mut SlackState, client_id: &str, owner: &str) {
    let ended = slack.installations.uninstall(client_id, owner);
    let Some(order) = slack.events(client_id).map(|app| app.order) else {
        return;
    };
    let kinds = [SlackEventKind::AppUninstalled, tokens_revoked(&ended)];
    let letters = kinds.map(|kind| about(world, slack, &ended, kind));
    let mut letters: Vec<Letter> = letters.into_iter().flatten().collect();
    if order == EventOrder::TokensRevokedFirst {
        letters.reverse();
    }
    world.outbox.send(letters);
}

/// Ends every authorization of an installation, which itself stays.
pub(crate) fn end_authorizations(
    world: &World,
    slack: &mut SlackState,
    client_id: &str,
    owner: &str,
) {
    let ended = slack.installations.revoke_all(client_id, owner);
    tell_revoked(world, slack, &ended);
}

/// Ends one token, and says so if the authorization ends with it. One that
/// rotates is gone without a word: there is another one behind it.
pub(crate) fn end_authorization(world: &World, slack: &mut SlackState, token: &str) {
    let ended = slack.installations.revoke(token);
    tell_revoked(world, slack, &Vec::from_iter(ended));
}

fn tell_revoked(world: &World, slack: &SlackState, ended: &[Holder]) {
    if let Some(letter) = about(world, slack, ended, tokens_revoked(ended)) {
        world.outbox.send(vec![letter]);
    }
}

/// An event to the app whose authorizations have ended; `None` if none has.
fn about(
    world: &World,
    slack: &SlackState,
    ended: &[Holder],
    kind: SlackEventKind,
) -> Option<Letter> {
    let bot = ended.iter().find(|holder| holder.kind == Kind::Bot);
    let holder = bot.or(ended.first())?;
    let event = SlackEvent::new(&holder.client_id, &holder.owner, kind);
    let user = (holder.user.as_str(), holder.kind == Kind::Bot);
    letter_to(world, slack, &event, user)
}

fn tokens_revoked(ended: &[Holder]) -> SlackEventKind {
    let users = |kind| {
        let of_kind = ended.iter().filter(|holder| holder.kind == kind);
        let mut users: Vec<String> = of_kind.map(|holder| holder.user.clone()).collect();
        users.sort();
        users
    };
    SlackEventKind::TokensRevoked {
        oauth: users(Kind::User),
        bot: users(Kind::Bot),
    }
}
