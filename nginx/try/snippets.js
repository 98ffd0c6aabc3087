// The request of the page as an app would write it. The session stands in a variable, never in the code.

/// Code that sends the request to the URL, by language; the path says in whose words.
export function snippets(url, path, request) {
  const curl = `read -rs SESSION   # paste it: no history and no other user sees it${isLoopback(url) ? '\n# --insecure: a server on this machine may have made its certificate itself' : ''}
curl ${url} ${isLoopback(url) ? '--insecure ' : ''}-H @- \\
  --json ${shell(JSON.stringify(request))} \\
  <<<"Authorization: Bearer $SESSION"`;
  const python = `import requests\n\nanswer = requests.post(\n    ${quoted(url)},\n    headers={"Authorization": f"Bearer {session}"},\n    json=${JSON.stringify(request, null, 1).replace(/\n\s*/g, ' ').replace('{ ', '{').replace(/ }$/, '}')},\n    timeout=10,\n)\nanswer.raise_for_status()\ntoken = answer.json()[${path === 'token' ? '"token"' : '"participant_token"'}]`;
  if (path === 'token') {
    const none = 'LiveKit\'s clients cannot ask this service: it does not say\nwhere LiveKit is. The operator sets livekit.url.';
    return { curl, Python: python, JavaScript: `// ${none.replace('\n', '\n// ')}`, Swift: `// ${none.replace('\n', '\n// ')}`, Kotlin: `// ${none.replace('\n', '\n// ')}`, Dart: `// ${none.replace('\n', '\n// ')}` };
  }
  const room = request.room_name;
  const attributes = Object.entries(request.participant_attributes ?? {});
  const list = (pair) => attributes.map(([key, value]) => pair(quoted(key), quoted(value))).join(', ');
  const optional = (text) => (attributes.length ? text : '');
  return {
    curl,
    JavaScript: `import { Room, TokenSource } from 'livekit-client';   // 2.18 or later

// One source for each room; after a failure, source.fetch(options, true).
const source = TokenSource.endpoint(${quoted(url)}, {
  headers: { Authorization: \`Bearer \${session}\` },
});
const options = {
  roomName: ${quoted(room)},${optional(`\n  participantAttributes: { ${list((key, value) => `${key}: ${value}`)} },`)}
};
const { serverUrl, participantToken } = await source.fetch(options);
await new Room().connect(serverUrl, participantToken);`,
    Swift: `import LiveKit

struct RoomTokens: EndpointTokenSource {
    let url = URL(string: ${quoted(url)})!
    let session: String
    var headers: [String: String] { ["Authorization": "Bearer \\(session)"] }
}

let answer = try await RoomTokens(session: session).fetch(TokenRequestOptions(
    roomName: ${quoted(room)}${optional(`,\n    participantAttributes: [${list((key, value) => `${key}: ${value}`)}]`)}
))
try await room.connect(url: answer.serverURL.absoluteString, token: answer.participantToken)`,
    Kotlin: `import io.livekit.android.token.TokenRequestOptions
import io.livekit.android.token.TokenSource

val source = TokenSource.fromEndpoint(
    url = ${dollars(quoted(url))},
    headers = mapOf("Authorization" to "Bearer $session"),
)
val answer = source.fetch(TokenRequestOptions(
    roomName = ${dollars(quoted(room))},${optional(`\n    participantAttributes = mapOf(${dollars(list((key, value) => `${key} to ${value}`))}),`)}
)).getOrThrow()
room.connect(answer.serverUrl, answer.participantToken)`,
    Dart: `import 'package:livekit_client/livekit_client.dart';

final source = EndpointTokenSource(
  url: Uri.parse(${dollars(quoted(url))}),
  headers: {'Authorization': 'Bearer $session'},
);
final answer = await source.fetch(TokenRequestOptions(
  roomName: ${dollars(quoted(room))},${optional(`\n  participantAttributes: {${dollars(list((key, value) => `${key}: ${value}`))}},`)}
));
await room.connect(answer.serverUrl, answer.participantToken);`,
    Python: python,
  };
}

/// Whether a URL leads to this machine, where no one can stand between.
function isLoopback(url) {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

/// A string literal of JavaScript, Swift, Kotlin, Dart and Python alike.
function quoted(text) {
  return JSON.stringify(text);
}

/// The same where a dollar would begin an expression.
function dollars(literal) {
  return literal.replaceAll('$', '\\$');
}

/// One word of a shell.
function shell(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
