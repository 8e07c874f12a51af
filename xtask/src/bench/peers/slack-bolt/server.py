"""Slack's Bolt for Python in its own install handler, on aiohttp: a redirect to Slack's consent
page, with a state that is a file. It authenticates nobody and looks nothing up. Prints where it
answers."""

import logging
import socket
import sys
import tempfile

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore

logging.disable(logging.WARNING)
folder = tempfile.TemporaryDirectory()
app = AsyncApp(
    signing_secret="a-signing-secret-of-the-bench",
    oauth_settings=AsyncOAuthSettings(
        client_id="1111111111.2222222222",
        client_secret="a-secret-of-the-bench",
        scopes=[
            "chat:write",
            "chat:write.public",
            "channels:read",
            "groups:read",
            "users:read",
            "users:read.email",
        ],
        redirect_uri="https://connect.example/slack/oauth_redirect",
        install_path="/slack/install",
        install_page_rendering_enabled=False,
        installation_store=FileInstallationStore(base_dir=folder.name),
        state_store=FileOAuthStateStore(expiration_seconds=300, base_dir=folder.name),
    ),
)
listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}")
sys.stdout.flush()
web.run_app(app.web_app("/slack/events"), sock=listener, print=None, access_log=None)
