// A relying party with openid-client, on Node's own HTTP server.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as oidc from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, PORT } = process.env;

const portal = await oidc.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  { id_token_signed_response_alg: 'ES256' },
  oidc.ClientSecretBasic(CLIENT_SECRET),
);
// Checks the signatures of ID tokens by the portal's JWKS too, not only where they came from.
oidc.enableNonRepudiationChecks(portal);

async function login(session) {
  session.pending = {
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
  };
  return oidc.buildAuthorizationUrl(portal, {
    redirect_uri: `${BASE_URL}/callback`,
    scope: 'openid profile phone offline_access',
    prompt: 'consent', // a refresh token takes the person's consent
    state: session.pending.expectedState,
    nonce: session.pending.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(session.pending.pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
}

// Compares `state` and `iss`, redeems the code, checks the ID token.
async function callback(session, url) {
  const { pending } = session;
  delete session.pending;
  session.tokens = await oidc.authorizationCodeGrant(portal, url, { ...pending, idTokenExpected: true });
  session.claims = session.tokens.claims();
  session.userinfo = await oidc.fetchUserInfo(portal, session.tokens.access_token, session.claims.sub);
}

async function refresh(session) {
  const tokens = await oidc.refreshTokenGrant(portal, session.tokens.refresh_token);
  const { active } = await oidc.tokenIntrospection(portal, tokens.access_token);
  session.userinfo = await oidc.fetchUserInfo(portal, tokens.access_token, session.claims.sub);
  // The refresh token of a client with a secret stays, and so does the ID token of the sign-in: it names the session.
  session.tokens.access_token = tokens.access_token;
  return { active, refreshed_at: tokens.claims().iat, ...session.userinfo };
}

async function logout(session) {
  const { refresh_token, id_token } = session.tokens;
  await oidc.tokenRevocation(portal, refresh_token);
  const parameters = { id_token_hint: id_token, post_logout_redirect_uri: `${BASE_URL}/goodbye`, state: oidc.randomState() };
  return oidc.buildEndSessionUrl(portal, parameters);
}

const sessions = new Map();

async function answer(request, response) {
  const url = new URL(request.url, BASE_URL);
  const id = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie)?.[1];
  const session = sessions.get(id);
  const redirect = (location) => response.writeHead(303, { location: String(location) }).end();
  const show = (value) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /login': {
      const fresh = randomUUID();
      sessions.set(fresh, {});
      response.setHeader('set-cookie', `session=${fresh}; HttpOnly; SameSite=Lax; Path=/`);
      return redirect(await login(sessions.get(fresh)));
    }
    case 'GET /callback':
      await callback(session, url);
      return redirect('/');
    case 'GET /refresh':
      return show(await refresh(session));
    case 'POST /logout':
      sessions.delete(id);
      return redirect(await logout(session));
    default:
      return show(session?.claims ? { ...session.claims, ...session.userinfo } : {});
  }
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end('this did not work');
  });
}).listen(Number(PORT), '127.0.0.1');
