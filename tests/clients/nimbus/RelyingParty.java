import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.openid.connect.sdk.*;
import com.nimbusds.openid.connect.sdk.claims.UserInfo;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import net.minidev.json.JSONObject;

/** A relying party with Nimbus' SDK, on the JDK's own HTTP server. */
public class RelyingParty {
    static final String BASE_URL = System.getenv("BASE_URL");
    static final URI CALLBACK = URI.create(BASE_URL + "/callback");
    static final ClientID CLIENT = new ClientID(System.getenv("CLIENT_ID"));
    static final ClientSecretBasic SECRET = new ClientSecretBasic(CLIENT, new Secret(System.getenv("CLIENT_SECRET")));

    /** What was asked, until the answer is there. */
    record Pending(State state, Nonce nonce, CodeVerifier verifier) {}

    /** Who is signed in. */
    record Person(OIDCTokens tokens, RefreshToken refreshToken, JSONObject claims) {}

    final OIDCProviderMetadata portal;
    final IDTokenValidator idTokens;
    final Map<String, Pending> pending = new ConcurrentHashMap<>();
    final Map<String, Person> people = new ConcurrentHashMap<>();

    RelyingParty(Issuer issuer) throws Exception {
        portal = OIDCProviderMetadata.resolve(issuer);
        // Fetches the portal's keys, and again when there are new ones.
        idTokens = new IDTokenValidator(issuer, CLIENT, JWSAlgorithm.ES256, portal.getJWKSetURI().toURL());
    }

    URI login(String session) {
        Pending asked = new Pending(new State(), new Nonce(), new CodeVerifier());
        pending.put(session, asked);
        Scope scope = new Scope("openid", "profile", "phone", "offline_access");
        return new AuthenticationRequest.Builder(ResponseType.CODE, scope, CLIENT, CALLBACK)
                .endpointURI(portal.getAuthorizationEndpointURI())
                .state(asked.state())
                .nonce(asked.nonce())
                .codeChallenge(asked.verifier(), CodeChallengeMethod.S256)
                .prompt(Prompt.Type.CONSENT) // a refresh token takes the person's consent
                .build()
                .toURI();
    }

    void callback(String session, URI answer) throws Exception {
        AuthenticationResponse response = AuthenticationResponseParser.parse(answer);
        Pending asked = pending.remove(session);
        // RFC 6749, section 10.12, and RFC 9207: whose answer is it, and from whom?
        if (asked == null || !asked.state().equals(response.getState()) || !portal.getIssuer().equals(response.getIssuer())) {
            throw new GeneralException("not the answer to what this browser asked");
        }
        if (!response.indicatesSuccess()) {
            throw new GeneralException(response.toErrorResponse().getErrorObject());
        }
        AuthorizationCode code = response.toSuccessResponse().getAuthorizationCode();
        OIDCTokens tokens = tokens(new AuthorizationCodeGrant(code, CALLBACK, asked.verifier()));
        JSONObject claims = idTokens.validate(tokens.getIDToken(), asked.nonce()).toJSONObject();
        claims.putAll(userInfo(tokens.getAccessToken(), claims.getAsString("sub")));
        people.put(session, new Person(tokens, tokens.getRefreshToken(), claims));
    }

    JSONObject refresh(String session) throws Exception {
        Person person = people.get(session);
        // The refresh token of a client with a secret stays, and so does the ID token of the sign-in: it names the session.
        OIDCTokens tokens = tokens(new RefreshTokenGrant(person.refreshToken()));
        var claims = idTokens.validate(tokens.getIDToken(), null);
        AccessToken token = tokens.getAccessToken();
        var asked = new TokenIntrospectionRequest(portal.getIntrospectionEndpointURI(), SECRET, token);
        var active = TokenIntrospectionResponse.parse(asked.toHTTPRequest().send()).toSuccessResponse().isActive();
        JSONObject shown = userInfo(token, claims.getSubject().getValue());
        shown.put("active", active);
        shown.put("refreshed_at", claims.getIssueTime().getTime() / 1000);
        return shown;
    }

    URI logout(String session) throws Exception {
        Person person = people.remove(session);
        var request = new TokenRevocationRequest(portal.getRevocationEndpointURI(), SECRET, person.refreshToken());
        request.toHTTPRequest().send().ensureStatusCode(200);
        URI back = URI.create(BASE_URL + "/goodbye");
        return new LogoutRequest(portal.getEndSessionEndpointURI(), person.tokens().getIDToken(), back, new State()).toURI();
    }

    OIDCTokens tokens(AuthorizationGrant grant) throws Exception {
        HTTPRequest request = new TokenRequest.Builder(portal.getTokenEndpointURI(), SECRET, grant).build().toHTTPRequest();
        TokenResponse response = OIDCTokenResponseParser.parse(request.send());
        if (!response.indicatesSuccess()) {
            throw new GeneralException(response.toErrorResponse().getErrorObject());
        }
        return ((OIDCTokenResponse) response.toSuccessResponse()).getOIDCTokens();
    }

    JSONObject userInfo(AccessToken token, String subject) throws Exception {
        HTTPRequest request = new UserInfoRequest(portal.getUserInfoEndpointURI(), token).toHTTPRequest();
        UserInfo info = UserInfoResponse.parse(request.send()).toSuccessResponse().getUserInfo();
        if (!info.getSubject().getValue().equals(subject)) {
            throw new GeneralException("somebody else's userinfo");
        }
        return info.toJSONObject();
    }

    void answer(HttpExchange http) throws Exception {
        String session = session(http);
        switch (http.getRequestMethod() + " " + http.getRequestURI().getPath()) {
            case "GET /login" -> {
                String fresh = UUID.randomUUID().toString();
                http.getResponseHeaders().set("Set-Cookie", "session=" + fresh + "; HttpOnly; SameSite=Lax; Path=/");
                redirect(http, login(fresh));
            }
            case "GET /callback" -> {
                callback(session, http.getRequestURI());
                redirect(http, URI.create("/"));
            }
            case "GET /refresh" -> show(http, 200, refresh(session).toJSONString());
            case "POST /logout" -> redirect(http, logout(session));
            default -> {
                Person person = people.get(session);
                show(http, 200, person == null ? "{}" : person.claims().toJSONString());
            }
        }
    }

    static String session(HttpExchange http) {
        String cookies = String.join("; ", http.getRequestHeaders().getOrDefault("Cookie", java.util.List.of()));
        var found = Pattern.compile("(?:^|; )session=([^;]+)").matcher(cookies);
        return found.find() ? found.group(1) : "";
    }

    static void redirect(HttpExchange http, URI to) throws Exception {
        http.getResponseHeaders().set("Location", to.toString());
        http.sendResponseHeaders(303, -1);
    }

    static void show(HttpExchange http, int status, String text) throws Exception {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        http.getResponseHeaders().set("Content-Type", "application/json");
        http.sendResponseHeaders(status, body.length);
        http.getResponseBody().write(body);
    }

    public static void main(String[] arguments) throws Exception {
        RelyingParty party = new RelyingParty(new Issuer(System.getenv("ISSUER")));
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", http -> {
            try (http) {
                party.answer(http);
            } catch (Exception error) {
                error.printStackTrace();
                http.sendResponseHeaders(500, -1);
            }
        });
        server.start();
    }
}
