"""A relying party with Authlib, on Flask."""

import os
import secrets

from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, abort, redirect, request, session

ISSUER, BASE_URL = os.environ["ISSUER"], os.environ["BASE_URL"]
CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
portal = OAuth(app).register(
    "portal",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile phone offline_access", "code_challenge_method": "S256"},
)
# Who is signed in, by session: tokens don't belong in a cookie.
people = {}


@app.get("/login")
def login():
    # Keeps state, nonce and PKCE verifier in the session. A refresh token takes the person's consent.
    return portal.authorize_redirect(f"{BASE_URL}/callback", prompt="consent")


@app.get("/callback")
def callback():
    if request.args.get("iss") != ISSUER:  # RFC 9207
        abort(400)
    token = portal.authorize_access_token()  # compares state, redeems the code, checks the ID token by the JWKS
    claims = token["userinfo"]
    userinfo = portal.userinfo(token=token)
    if userinfo["sub"] != claims["sub"]:
        abort(400)
    session.clear()
    session["id"] = secrets.token_urlsafe()
    people[session["id"]] = {"token": token, "claims": {**claims, **userinfo}}
    return redirect("/")


@app.get("/refresh")
def refresh():
    person = people[session["id"]]
    metadata = portal.load_server_metadata()
    client = OAuth2Session(CLIENT_ID, CLIENT_SECRET, token=person["token"])
    token = client.refresh_token(metadata["token_endpoint"])
    active = client.introspect_token(metadata["introspection_endpoint"], token["access_token"]).json()["active"]
    claims = portal.parse_id_token(token, nonce=None)
    # The refresh token of a client with a secret stays, and so does the ID token of the sign-in: it names the session.
    person["token"]["access_token"] = token["access_token"]
    return {"active": active, "refreshed_at": claims["iat"], **portal.userinfo(token=token)}


@app.post("/logout")
def logout():
    token = people.pop(session.pop("id"))["token"]
    metadata = portal.load_server_metadata()
    client = OAuth2Session(CLIENT_ID, CLIENT_SECRET)
    client.revoke_token(metadata["revocation_endpoint"], token["refresh_token"])
    return portal.logout_redirect(post_logout_redirect_uri=f"{BASE_URL}/goodbye", id_token_hint=token["id_token"])


@app.get("/")
@app.get("/goodbye")
def home():
    return people.get(session.get("id"), {}).get("claims", {})


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]))
