// Slack's @slack/oauth in its own install handler: a redirect to Slack's consent page, with a state
// that is a signed token. It authenticates nobody and looks nothing up. Prints where it answers.

import { createServer } from "node:http";
import { createRequire } from "node:module";

// The packages are installed elsewhere: their folder is the argument.
const require = createRequire(`${process.argv[2]}/`);
const { InstallProvider, LogLevel } = require("@slack/oauth");

const installer = new InstallProvider({
  clientId: "1111111111.2222222222",
  clientSecret: "a-secret-of-the-bench",
  stateSecret: "another-secret-of-the-bench",
  directInstall: true,
  logLevel: LogLevel.ERROR,
  installUrlOptions: {
    scopes: [
      "chat:write",
      "chat:write.public",
      "channels:read",
      "groups:read",
      "users:read",
      "users:read.email",
    ],
    redirectUri: "https://connect.example/slack/oauth_redirect",
  },
});

const server = createServer((request, response) => {
  installer.handleInstallPath(request, response);
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
