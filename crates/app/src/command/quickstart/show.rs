//! What came of a flow, for a terminal.

use tieline_domain::{attempt::ConnectAttempt, broker::Broker, connection::ChannelConnection};

/// Prints an attempt that ended, and the connection that came of it.
pub(super) async fn attempt(broker: &Broker, attempt: &ConnectAttempt) -> anyhow::Result<()> {
    if let Some(reason) = attempt.reason {
        println!(
            "Not connected ({reason}): {} {}",
            reason.what(),
            reason.remedy()
        );
        println!("  attempt  {}\n", attempt.id);
        return Ok(());
    }
    let Some(identifier) = &attempt.connection_identifier else {
        return Ok(());
    };
    let found = broker
        .stores
        .connections
        .find(attempt.environment_id, identifier)
        .await?;
    if let Some(connection) = found {
        print(&connection);
    }
    Ok(())
}

fn print(connection: &ChannelConnection) {
    let workspace = &connection.workspace;
    println!("Connected:");
    println!("  connection  {}", connection.identifier);
    println!("  provider    {}", connection.provider);
    println!(
        "  workspace   {} ({})",
        workspace.name.as_deref().unwrap_or("unnamed"),
        workspace.id
    );
    if let Some(subscriber) = &connection.owner.subscriber_id {
        println!("  subscriber  {subscriber}");
    }
    for credential in &connection.credentials {
        println!(
            "  {:10}  sealed; scopes {}",
            credential.kind.as_str(),
            credential.scopes.join(",")
        );
    }
    println!();
}
