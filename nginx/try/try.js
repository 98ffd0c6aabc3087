// Asks the service as an app would, and puts into words what comes back. What was pasted stays in the fields and in the
// variables of this file: nothing is stored, and nothing is sent but to the service.

import { explain, unreachable } from './refusals.js';
import { snippets } from './snippets.js';

const $ = (id) => document.getElementById(id);
const service = new URL(`${document.querySelector('meta[name="livekit-tokend"]').content}/`, location.href);
/// Whole milliseconds: their sums and differences are exact, so that of one second left the page never says two.
const now = () => Math.round(performance.now());

/// The answer on show, and how far it has come.
let shown = null;
let ticking = 0;
let retrying = 0;

$('where').textContent = service.host;

// --- The question ---------------------------------------------------------------------------------------------------

$('reveal').addEventListener('click', () => {
  const isShown = $('session').type === 'text';
  $('session').type = isShown ? 'password' : 'text';
  $('reveal').textContent = isShown ? 'Show' : 'Hide';
  $('reveal').setAttribute('aria-pressed', String(!isShown));
});

for (const id of ['session', 'room', 'scene', 'event']) {
  $(id).addEventListener('input', () => {
    if ($(`${id}-error`)) complain(id, '');
    // The answer on show was to another question.
    show('blank');
  });
}
$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  ask();
});
$('renew').addEventListener('click', ask);
$('retry').addEventListener('click', ask);

/// What the fields say; null once a field has been told what is wrong with it.
function question() {
  const value = (id) => $(id).value.trim();
  // As people copy it, out of a header.
  const session = value('session').replace(/^bearer +/i, '');
  const isSession = /^[A-Za-z0-9._~+/-]+=*$/.test(session);
  complain('session', session === '' ? 'Paste a session.' : isSession ? '' : 'A session has no spaces and no special characters; is it all there, and nothing else?');
  complain('room', value('room') === '' ? 'Name a room.' : '');
  if (!isSession || value('room') === '') {
    show('blank');
    document.querySelector('[aria-invalid="true"]').focus();
    return null;
  }
  return { session, room: value('room'), scene: value('scene'), event: value('event') };
}

function complain(id, problem) {
  $(`${id}-error`).textContent = problem;
  $(`${id}-error`).hidden = problem === '';
  if (problem) $(id).setAttribute('aria-invalid', 'true');
  else $(id).removeAttribute('aria-invalid');
}

async function ask() {
  const asked = question();
  if (!asked || $('form').ariaBusy === 'true') return;
  $('form').ariaBusy = 'true';
  $('submit-label').textContent = 'Asking…';
  try {
    const answer = await send(asked);
    if (answer.token) showTicket(asked, answer);
    else showRefusal(answer.problem, answer);
  } catch (error) {
    showRefusal(unreachable(error, service), {});
  } finally {
    $('form').ariaBusy = 'false';
    $('submit-label').textContent = 'Ask for a token';
  }
}

/// Asks in the schema of LiveKit's clients, whose answer names the server too. Where the operator has not configured the
/// server, that path does not exist, and the page asks in the service's own schema.
async function send({ session, room, scene, event }) {
  const attributes = { ...(scene && { sceneId: scene }), ...(event && { eventId: event }) };
  const hasAttributes = Object.keys(attributes).length > 0;
  const first = await post('token-source', session, {
    room_name: room, ...(hasAttributes && { participant_attributes: attributes }),
  });
  if (first.response.status !== 404) return read(first, 'participant_token', first.body?.server_url);
  return read(await post('token', session, { roomId: room, ...attributes }), 'token');
}

async function post(path, session, body) {
  const response = await fetch(new URL(path, service), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${session}` },
    body: JSON.stringify(body),
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  });
  return { path, request: body, response, body: await response.json().catch(() => null) };
}

function read({ path, request, response, body }, key, server) {
  const shared = { path, request, requestId: response.headers.get('X-Request-Id') ?? body?.requestId };
  if (response.ok && body?.[key]) return { ...shared, token: body[key], server };
  return {
    ...shared,
    status: response.status,
    code: body?.code,
    retryAfter: Number(response.headers.get('Retry-After') ?? body?.retryAfter) || 0,
    problem: explain(response.status, body),
  };
}

// --- Yes ------------------------------------------------------------------------------------------------------------

function showTicket(asked, { token, server, path, request, requestId }) {
  const claims = decoded(token);
  const metadata = parsed(claims.metadata);
  const lifetime = claims.exp - claims.iat;
  shown = { token, claims, lifetime, endsAt: now() + lifetime * 1000, code: snippets(new URL(path, service).href, path, request) };

  const ticket = $('ticket');
  ticket.classList.remove('soon', 'expired');
  $('admission').textContent = 'Admitted to';
  $('ticket-room').textContent = claims.video.room;
  fill('ticket-chips', [
    asked.scene && `scene ${asked.scene}`, asked.event && `event ${asked.event}`,
    ...(metadata?.roles ?? []).map((role) => `as ${role}`),
  ].filter(Boolean));
  $('who-name').textContent = [claims.name, metadata?.did].filter(Boolean).join(' · ') || 'nobody with a name';
  $('who-identity').textContent = claims.sub;
  showPermissions(claims.video);
  showClaims(claims, metadata);
  showMeet(server, token, claims.video);
  const skew = Math.round(Date.now() / 1000 - claims.iat);
  $('skew').hidden = Math.abs(skew) < 60;
  $('skew').textContent = `This computer's clock is ${Math.abs(skew)} seconds ${skew > 0 ? 'ahead of' : 'behind'} the service's. An app that trusts it will misjudge when a token ends.`;
  $('success-request').textContent = `Request id ${requestId}. The operator's log has it too.`;
  showCode();
  show('success');
  announce(`Admitted to ${claims.video.room}.`);
  tick();
  ticking = setInterval(tick, 250);
  $('ticket-room').focus();
}

function showPermissions(video) {
  const sources = { camera: 'your camera', microphone: 'your microphone', screen_share: 'your screen', screen_share_audio: 'the sound of your screen' };
  const some = (video.canPublishSources ?? []).map((source) => sources[source] ?? source);
  const list = $('may');
  list.replaceChildren();
  const say = (isAllowed, yes, no) => {
    const item = document.createElement('li');
    item.textContent = isAllowed ? yes : no;
    item.classList.toggle('not', !isAllowed);
    list.append(item);
  };
  say(video.roomJoin, 'Enter the room', 'Not enter the room');
  say(video.canSubscribe, 'See and hear the others', 'Not see or hear the others');
  say(video.canPublish, `Show ${some.length ? new Intl.ListFormat('en').format(some) : 'camera, microphone and screen'}`, 'Not show camera, microphone or screen');
  if (some.length) say(false, '', 'Not show anything else');
  say(video.canPublishData, 'Send messages and data', 'Not send messages or data');
  say(video.canUpdateOwnMetadata, 'Change your own name and metadata', 'Not change your own name or metadata');
  say(video.roomAdmin, 'Moderate: mute and remove others, and change what each may do', 'Not moderate others');
}

function showMeet(server, token, video) {
  const link = $('meet');
  const note = $('meet-note');
  const isPlaceholder = /^wss?:\/\/([^/:]+\.)?example\.(com|net|org)([/:]|$)/.test(server ?? '');
  link.hidden = !server || isPlaceholder;
  if (isPlaceholder) {
    note.textContent = `The service names ${server} as LiveKit's address (livekit.url), which is a placeholder: there is nothing to join from here.`;
    return;
  }
  if (!server) {
    note.textContent = 'The service does not say where LiveKit is (livekit.url), so there is nothing to join from here, and LiveKit\'s own clients cannot ask it.';
    return;
  }
  link.href = `https://meet.livekit.io/custom?liveKitUrl=${encodeURIComponent(server)}&token=${encodeURIComponent(token)}`;
  link.removeAttribute('aria-disabled');
  $('renew').className = 'secondary';
  const shows = (source) => video.canPublish && (video.canPublishSources?.includes(source) ?? true);
  const trouble = shows('camera') && shows('microphone') ? '' : ' It turns camera and microphone on, which this token does not allow: what it says of that is no refusal.';
  note.textContent = `LiveKit Meet is LiveKit's own page, at meet.livekit.io. The link hands it this token, in its URL.${trouble}`;
}

function showClaims(claims, metadata) {
  const code = $('claims').firstElementChild;
  code.replaceChildren();
  // The metadata is a string for LiveKit; here it may be read.
  const readable = { ...claims, ...(metadata && { metadata }) };
  for (const line of JSON.stringify(readable, null, 2).split('\n')) {
    const match = /^(\s*)("(?:[^"\\]|\\.)*")(: .*)$/.exec(line);
    if (!match) {
      code.append(line, '\n');
      continue;
    }
    code.append(match[1], span('key', match[2]), match[3]);
    if (/^\s*"(iat|nbf|exp)"$/.test(match[1] + match[2])) {
      code.append(span('time', `  ${utc(claims[match[2].slice(1, -1)] * 1000)}`));
    }
    if (metadata && match[1].length === 2 && match[2] === '"metadata"') {
      code.append(span('time', '  in the token one string of JSON'));
    }
    code.append('\n');
  }
}

/// Runs by this page's own stopwatch, so that a clock that is wrong does not matter.
function tick() {
  const left = Math.max(0, (shown.endsAt - now()) / 1000);
  const whole = Math.ceil(left);
  const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
  if ($('clock').textContent !== text) $('clock').textContent = text;
  $('bar').style.transform = `scaleX(${left / shown.lifetime})`;
  const ticket = $('ticket');
  $('stub-label').textContent = 'Expires in';
  $('stub-note').textContent = `at ${new Date(Date.now() + left * 1000).toLocaleTimeString()}, in the log ${utc(shown.claims.exp * 1000).slice(11)}`;
  if (left <= 60 && !ticket.classList.contains('soon')) {
    ticket.classList.add('soon');
    if (left > 0) announce('Less than a minute left. An app would ask for the next token now.');
  }
  if (left > 0 && left <= 60) $('stub-note').textContent = 'An app asks for the next one now.';
  if (left > 0) return;
  clearInterval(ticking);
  ticket.classList.replace('soon', 'expired');
  $('admission').textContent = 'No longer good for entering';
  $('stub-label').textContent = 'Expired';
  $('stub-note').textContent = 'Participants in the room stay there.';
  $('meet').removeAttribute('href');
  $('meet').setAttribute('aria-disabled', 'true');
  $('renew').className = 'primary';
  announce('The token has expired.');
}

// --- No -------------------------------------------------------------------------------------------------------------

function showRefusal(problem, { status, code, requestId, retryAfter }) {
  $('refusal-status').textContent = status ? `Refused with ${status}` : 'No answer';
  $('refusal-title').textContent = problem.title;
  $('refusal-why').textContent = problem.why;
  fill('refusal-advice', problem.advice);
  const facts = $('refusal-facts');
  facts.replaceChildren();
  if (code) facts.append(fact('Code', code, 'mono'));
  if (problem.detail) facts.append(fact('In the service\'s words', problem.detail));
  if (requestId) facts.append(fact('Request id', requestId, 'mono', true));
  facts.hidden = facts.childElementCount === 0;
  show('refusal');
  announce(problem.title);
  if (problem.field) complain(problem.field, problem.title);
  offerRetry(problem.canRetry, retryAfter ?? 0);
  $('refusal-title').focus();
}

function offerRetry(canRetry, wait) {
  const button = $('retry');
  button.hidden = !canRetry;
  const until = now() + wait * 1000;
  const count = () => {
    const left = Math.ceil((until - now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Try again in ${left} s` : 'Try again';
    if (left <= 0) clearInterval(retrying);
  };
  if (canRetry) {
    retrying = setInterval(count, 200);
    count();
  }
}

function fact(term, text, className = '', canCopy = false) {
  const group = document.createElement('div');
  const dt = document.createElement('dt');
  const dd = document.createElement('dd');
  dt.textContent = term;
  dd.append(span(className, text));
  if (canCopy) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.textContent = 'Copy';
    button.ariaLabel = `Copy the ${term.toLowerCase()}`;
    button.addEventListener('click', () => copy(text, button));
    dd.append(button);
  }
  group.append(dt, dd);
  return group;
}

// --- Code to copy ---------------------------------------------------------------------------------------------------

const languages = ['curl', 'JavaScript', 'Swift', 'Kotlin', 'Dart', 'Python'];
let language = languages[0];

for (const name of languages) {
  const tab = document.createElement('button');
  tab.type = 'button';
  tab.role = 'tab';
  tab.id = `tab-${name}`;
  tab.textContent = name;
  tab.setAttribute('aria-controls', 'code');
  tab.addEventListener('click', () => select(name));
  $('tabs').append(tab);
}
$('tabs').addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const index = event.key === 'Home' ? 0 : event.key === 'End' ? languages.length - 1
    : step && (languages.indexOf(language) + step + languages.length) % languages.length;
  if (index === undefined) return;
  event.preventDefault();
  select(languages[index]);
  $(`tab-${language}`).focus();
});

function select(name) {
  language = name;
  for (const other of languages) {
    $(`tab-${other}`).ariaSelected = String(other === name);
    $(`tab-${other}`).tabIndex = other === name ? 0 : -1;
  }
  $('code').setAttribute('aria-labelledby', `tab-${name}`);
  showCode();
}

function showCode() {
  $('code').firstElementChild.textContent = shown?.code[language] ?? '';
}

$('copy-code').addEventListener('click', () => copy(shown.code[language], $('copy-code')));
$('copy-claims').addEventListener('click', () => copy(JSON.stringify(shown.claims, null, 2), $('copy-claims')));
$('copy-token').addEventListener('click', () => copy(shown.token, $('copy-token')));
select(language);

async function copy(text, button) {
  const label = button.dataset.label ??= button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    announce('Copied.');
  } catch {
    button.textContent = 'Copy it by hand';
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}

// --- Small things ---------------------------------------------------------------------------------------------------

/// A time as the operator's log has it.
function utc(milliseconds) {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function show(id) {
  clearInterval(ticking);
  clearInterval(retrying);
  for (const other of ['blank', 'success', 'refusal']) $(other).hidden = other !== id;
  if (id !== 'success') shown = null;
  // One button at a time is the one to press next.
  $('submit').className = id === 'success' ? 'secondary' : 'primary';
}

function fill(id, texts) {
  $(id).replaceChildren(...texts.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
}

function span(className, text) {
  return Object.assign(document.createElement('span'), { className, textContent: text });
}

function announce(text) {
  $('announce').textContent = text;
}

function decoded(token) {
  const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
