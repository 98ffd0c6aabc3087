// What each refusal means, and what to do about it, in words for the user of the page.

const session = 'A session is what your own sign-in gave you, or what the operator made with livekit-tokend session create.';

const words = {
  session_missing: {
    title: 'No session came with the request',
    why: 'The service found no session that it could read.',
    advice: ['Paste the whole session, without quotes or spaces.', session],
    field: 'session',
  },
  session_invalid: {
    title: 'This session is not valid',
    why: 'It is unknown to the service, has expired or been revoked, ends in a moment, or its user is disabled. The service does not say which, because that would help a thief too.',
    advice: ['Check that all of it is there.', 'Sign in again, and paste the new session.', session],
  },
  forbidden: {
    title: 'This session does not open this room now',
    why: 'There is no such room, or you are not a member of it, or it is not on air now, as a whole or for this scene or event. The answer is the same for all three, so that no one can find out which rooms exist.',
    advice: [
      'Check how the room, the scene and the event are spelled; capital letters count.',
      'A room with a schedule opens and closes with its stream sessions, for each scene and event and also where you name none: ask when it is on air.',
      'Ask the host of the room to let you in.',
      'The operator can see the reason in the log, by the request id below.',
    ],
  },
  malformed_request: {
    title: 'The service could not read the request',
    why: 'What this page sent is not what the service reads.',
    advice: ['If you did nothing unusual, this is a bug; tell the operator the request id.'],
  },
  unknown_field: {
    title: 'The service does not know a field of the request',
    why: 'The page and the service may be of different versions.',
    advice: ['Reload the page. If that does not help, tell the operator the request id.'],
  },
  invalid_room_id: {
    title: 'That is not a valid room id here',
    why: 'The names of rooms follow a pattern that the operator has chosen: usually letters, digits and . _ : - without spaces.',
    advice: ['Check how the room is spelled.'],
    field: 'room',
  },
  invalid_scene_id: {
    title: 'That is not a valid scene id here',
    why: 'Scenes are spelled like rooms: usually letters, digits and . _ : - without spaces.',
    advice: ['Check how the scene is spelled, or leave it out.'],
  },
  invalid_event_id: {
    title: 'That is not a valid event id here',
    why: 'Events are spelled like rooms: usually letters, digits and . _ : - without spaces.',
    advice: ['Check how the event is spelled, or leave it out.'],
  },
  field_refused: {
    title: 'The service does not let clients choose that',
    why: 'What a client may set is the operator\'s to decide.',
    advice: ['Leave the field out, or ask the operator to allow it (token_source).'],
  },
  not_found: {
    title: 'There is no such service here',
    why: 'The server answers, but livekit-tokend is not where this page looks for it.',
    advice: ['Ask the operator whether the page and the service belong together.'],
  },
  body_too_large: {
    title: 'That is too long',
    why: 'The service reads at most 4,096 bytes.',
    advice: ['Shorten the names.'],
  },
  rate_limited: {
    title: 'Too many requests at once',
    why: 'The service limits how often one session and one address may ask. Nothing is wrong with either.',
    advice: ['Wait a moment, then try again.', 'An app keeps its token and asks for the next one a minute before it ends, not at every click.'],
    canRetry: true,
  },
  unavailable: {
    title: 'The service cannot issue tokens at the moment',
    why: 'Something that it needs is down: its directory, its log, or its clock. It refuses rather than guess.',
    advice: ['Try again in a moment.', 'If it lasts, tell the operator the request id.'],
    canRetry: true,
  },
  bad_gateway: {
    title: 'The service is not running',
    why: 'The web server answers, but the service behind it does not.',
    advice: ['Try again in a moment: it may just be restarting.', 'If it lasts, tell the operator.'],
    canRetry: true,
  },
  gateway_timeout: {
    title: 'The service took too long',
    why: 'The web server waited for an answer and gave up.',
    advice: ['Try again in a moment.', 'If it lasts, tell the operator the request id.'],
    canRetry: true,
  },
  internal: {
    title: 'The service could not make a token',
    why: 'This is not your fault.',
    advice: ['Tell the operator the request id: the log says what happened.'],
  },
};

/// What to tell a user about an answer that is no token.
export function explain(status, body) {
  const known = words[body?.code];
  if (known) return { ...known, detail: body.detail };
  return {
    title: `The server refused with ${status}`,
    why: 'The answer is not one that this page knows.',
    advice: ['Tell the operator the request id, if there is one.'],
    detail: body?.detail,
    canRetry: status >= 500,
  };
}

/// What to tell a user where there was no answer, or none that this page may read.
export function unreachable(error, service) {
  const retry = { canRetry: true };
  if (!navigator.onLine) {
    return {
      ...retry,
      title: 'You are offline',
      why: 'This device has no connection to a network.',
      advice: ['Connect, then try again. What you typed is still here.'],
    };
  }
  if (error.name === 'TimeoutError') {
    return {
      ...retry,
      title: 'No answer within ten seconds',
      why: `${service.host} was asked and has said nothing.`,
      advice: ['Try again in a moment.', 'If it lasts, tell the operator.'],
    };
  }
  if (service.origin !== location.origin) {
    return {
      ...retry,
      title: 'This page may not read the answer',
      why: `This page comes from ${location.origin}, and ${service.host} does not let pages from there read its answers; or it cannot be reached at all. A browser does not tell a page which.`,
      advice: [
        `If the page is meant to work from here, ask the operator to put ${location.origin} on the list of origins (livekit-tokend-origins.conf).`,
        'Apps that are no web pages are not affected.',
      ],
    };
  }
  return {
    ...retry,
    title: 'The service cannot be reached',
    why: `There was no answer from ${service.host}.`,
    advice: ['Check your connection, then try again.', 'If it lasts, the server may be down: tell the operator.'],
  };
}
