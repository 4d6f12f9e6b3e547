-- One text for SQLite and PostgreSQL: TEXT, BIGINT (epoch milliseconds), BOOLEAN.
-- "sealed": AES-256-GCM-SIV, base64url. "index": keyed blind index. "hash": keyed hash.

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('individual', 'legal_person')),
  status TEXT NOT NULL CHECK (status IN ('active', 'disabled', 'frozen', 'closing', 'closed')),
  user_name TEXT NOT NULL,
  user_name_folded TEXT NOT NULL UNIQUE,
  holder TEXT NOT NULL,                -- sealed: the person, or the organisation; empty once it is closed
  phone_proven_at BIGINT,
  email_verified_at BIGINT,
  password_hash TEXT,
  password_origin TEXT,                -- 'chosen', or the system from which it was carried over
  second_factors TEXT NOT NULL DEFAULT '', -- which kinds `authenticators` has
  identity_level BIGINT NOT NULL,      -- the i axis of acr
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Accounts whose owners want them closed (注销): taken back, or done once the waiting time is over.
CREATE TABLE closures (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  asked_by TEXT NOT NULL,              -- the owner, or a child's guardian
  asked_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  done_at BIGINT
);
CREATE UNIQUE INDEX closures_account ON closures (account_id) WHERE withdrawn_at IS NULL;
CREATE INDEX closures_due ON closures (effective_at) WHERE withdrawn_at IS NULL AND done_at IS NULL;

-- A phone is the contact of up to three accounts; the one in slot 1 may sign in with it.
CREATE TABLE account_phones (
  phone_index TEXT NOT NULL,
  slot BIGINT NOT NULL CHECK (slot BETWEEN 1 AND 3),
  account_id TEXT NOT NULL UNIQUE REFERENCES accounts (id),
  PRIMARY KEY (phone_index, slot)
);

-- One document is in at most one verified account; an account may hold several over time.
CREATE TABLE documents (
  number_index TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  document TEXT NOT NULL,              -- sealed
  added_at BIGINT NOT NULL
);
CREATE INDEX documents_account ON documents (account_id);

-- One credit code is in at most one unit's account. Registers of units are public: the code isn't sealed.
CREATE TABLE units (
  credit_code TEXT PRIMARY KEY,
  account_id TEXT NOT NULL UNIQUE REFERENCES accounts (id),
  standing TEXT NOT NULL CHECK (standing IN ('registered', 'revoked', 'dissolved')),  -- the registry's last word
  checked_at BIGINT NOT NULL,          -- when it was last asked
  recheck_at BIGINT NOT NULL           -- when it is asked again
);
CREATE INDEX units_recheck ON units (recheck_at);

-- Who may act for a unit. Invited until it is accepted; it ends with the mandate that it rests on.
CREATE TABLE mandates (
  id TEXT PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES accounts (id),
  role TEXT NOT NULL CHECK (role IN ('legal_representative', 'administrator', 'agent')),
  reach TEXT NOT NULL,                 -- clients and matters
  valid_from BIGINT NOT NULL,
  valid_until BIGINT,
  granted_by TEXT REFERENCES mandates (id),
  reviewed BOOLEAN NOT NULL DEFAULT FALSE,  -- a representative whom a reviewer has named, and the registry not yet
  invited TEXT,                        -- sealed: whom the invitation is for
  phone_index TEXT,                    -- the invitation's target
  invited_until BIGINT,
  person_id TEXT REFERENCES accounts (id),  -- set by the one statement that accepts it
  granted_at BIGINT NOT NULL,
  accepted_at BIGINT,
  ended_at BIGINT,
  ended_why TEXT                       -- 'revoked', 'resigned', 'declined', 'replaced', 'granter', 'lapsed'
);
CREATE UNIQUE INDEX mandates_representative ON mandates (unit_id)
  WHERE role = 'legal_representative' AND accepted_at IS NOT NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX mandates_live ON mandates (unit_id, person_id) WHERE accepted_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX mandates_unit ON mandates (unit_id);
CREATE INDEX mandates_person ON mandates (person_id);
CREATE INDEX mandates_phone ON mandates (phone_index) WHERE accepted_at IS NULL AND ended_at IS NULL;
CREATE INDEX mandates_granter ON mandates (granted_by);

-- A unit's journey asks its representative, who confirms on an own device: single-use, bound to the phone.
CREATE TABLE representative_invitations (
  id TEXT PRIMARY KEY,
  journey_id TEXT NOT NULL,
  case_number TEXT NOT NULL,
  phone_index TEXT NOT NULL,
  content TEXT NOT NULL,               -- sealed: the unit, the legacy account
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  answered_at BIGINT,
  answered_by TEXT,                    -- the representative's account
  answer TEXT CHECK (answer IN ('confirmed', 'declined', 'withdrawn'))
);
CREATE UNIQUE INDEX representative_invitations_open ON representative_invitations (journey_id) WHERE answered_at IS NULL;
CREATE INDEX representative_invitations_case ON representative_invitations (case_number);

-- Who looks after a child's account (监护人).
CREATE TABLE guardianships (
  child_id TEXT NOT NULL REFERENCES accounts (id),
  guardian_id TEXT NOT NULL REFERENCES accounts (id),
  relation TEXT NOT NULL,
  since BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (child_id, guardian_id)
);
CREATE INDEX guardianships_guardian ON guardianships (guardian_id);

-- Second factors that a person has set up.
CREATE TABLE authenticators (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL CHECK (kind IN ('passkey', 'totp')),
  label TEXT NOT NULL,                 -- sealed: what its owner calls it
  secret TEXT NOT NULL,                -- sealed: the public key and its counter, or the app's shared secret
  credential_index TEXT UNIQUE,        -- a passkey's id
  last_step BIGINT,                    -- the last code's half minute: none is good twice
  added_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX authenticators_account ON authenticators (account_id);

-- For whoever has lost the second factor: each is good once.
CREATE TABLE recovery_codes (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  code_hash TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (account_id, code_hash)
);

-- What whoever can't sign in has asked for (another password, another phone): it takes effect after a waiting time in which the
-- account's channels can stop it.
CREATE TABLE recoveries (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL CHECK (kind IN ('password', 'phone')),
  change TEXT NOT NULL,                -- sealed: the new password's hash, or the new phone; empty when it is over
  stop_hash TEXT NOT NULL UNIQUE,      -- of the number that was told to the account's channels, which stops it
  review_id TEXT,                      -- the reviewers' decision that it rests on
  begun_at BIGINT NOT NULL,
  effective_at BIGINT NOT NULL,
  ended_at BIGINT,
  outcome TEXT CHECK (outcome IN ('done', 'stopped'))
);
CREATE UNIQUE INDEX recoveries_open ON recoveries (account_id, kind) WHERE ended_at IS NULL;
CREATE INDEX recoveries_due ON recoveries (effective_at) WHERE ended_at IS NULL;

CREATE TABLE legacy_links (
  id TEXT PRIMARY KEY,
  system_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  journey_id TEXT NOT NULL,
  linked_at BIGINT NOT NULL,
  unlinked_at BIGINT
);
CREATE UNIQUE INDEX legacy_links_live ON legacy_links (system_id, subject) WHERE unlinked_at IS NULL;
CREATE INDEX legacy_links_account ON legacy_links (account_id);

CREATE TABLE verifications (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  method TEXT NOT NULL,
  source TEXT NOT NULL,
  level BIGINT NOT NULL,
  verified_at BIGINT NOT NULL
);
CREATE INDEX verifications_account ON verifications (account_id);

CREATE TABLE agreements (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  agreement TEXT NOT NULL,
  version TEXT NOT NULL,
  accepted_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, agreement, version)
);

CREATE TABLE consents (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  actor_id TEXT NOT NULL,              -- who acts for the account; the account itself for its own
  client_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, actor_id, client_id)
);
CREATE INDEX consents_actor ON consents (actor_id);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  methods TEXT NOT NULL,               -- amr, blank-separated
  sign_in_level BIGINT NOT NULL,       -- the a axis of acr
  acting TEXT NOT NULL,                -- for which clients the person acts by which mandate
  device TEXT NOT NULL,                -- coarse words, such as 'Chrome · Windows'
  authenticated_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  idle BIGINT NOT NULL,                -- how long it may rest, in milliseconds
  expires_at BIGINT NOT NULL,
  generation BIGINT NOT NULL,          -- grows with each new cookie
  ended_at BIGINT
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Who has to be told when a session ends: clients with a logout URI that it has signed in to, and as whom.
CREATE TABLE session_clients (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  PRIMARY KEY (session_id, account_id, client_id)
);

CREATE TABLE interactions (
  id TEXT PRIMARY KEY,
  browser_hash TEXT NOT NULL,
  request TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  fulfilled_at BIGINT
);
CREATE INDEX interactions_expiry ON interactions (expires_at);

CREATE TABLE journeys (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  version BIGINT NOT NULL,
  browser_hash TEXT NOT NULL,
  answers TEXT NOT NULL,               -- sealed
  interaction_id TEXT,
  parent_id TEXT,
  account_id TEXT,                     -- set by the transaction that finishes it
  case_number TEXT UNIQUE,             -- once it waits for somebody else
  due_at BIGINT,                       -- when the source is to be asked again
  attempts BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX journeys_expiry ON journeys (expires_at);
CREATE INDEX journeys_account ON journeys (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX journeys_due ON journeys (due_at) WHERE due_at IS NOT NULL;

-- What reviewers decide (人工审核). A case number may have several, one after the other; one at a time is open.
CREATE TABLE reviews (
  id TEXT PRIMARY KEY,
  case_number TEXT NOT NULL,
  journey_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'returned', 'approved', 'rejected', 'withdrawn')),
  content TEXT NOT NULL,               -- sealed
  account_id TEXT,                     -- the existing account that it touches: two reviewers, 72 hours
  claimed_by TEXT,
  claimed_at BIGINT,
  level BIGINT,                        -- the i axis of acr, by the evidence
  reason TEXT,                         -- sealed
  submitted_at BIGINT NOT NULL,
  decided_at BIGINT,
  effective_at BIGINT,
  told_at BIGINT
);
CREATE UNIQUE INDEX reviews_open ON reviews (journey_id) WHERE state = 'open';
CREATE INDEX reviews_case ON reviews (case_number);
CREATE INDEX reviews_account ON reviews (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX reviews_untold ON reviews (decided_at) WHERE told_at IS NULL;

CREATE TABLE review_approvals (
  review_id TEXT NOT NULL REFERENCES reviews (id),
  reviewer TEXT NOT NULL,              -- the reviewer's own account
  level BIGINT NOT NULL,
  evidence TEXT NOT NULL,              -- which pictures were looked at
  approved_at BIGINT NOT NULL,
  PRIMARY KEY (review_id, reviewer)
);

CREATE TABLE evidence (
  journey_id TEXT NOT NULL,
  slot BIGINT NOT NULL CHECK (slot BETWEEN 1 AND 6),
  kind TEXT NOT NULL,
  image TEXT NOT NULL,                 -- sealed: a JPEG that the portal encoded itself
  added_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (journey_id, slot)
);
CREATE INDEX evidence_expiry ON evidence (expires_at);

-- What an authorization code granted. The row is written when the code is redeemed: its key is the code's own id.
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  actor_id TEXT NOT NULL,              -- who acts for the account; the account itself for a person's own
  mandate_id TEXT,
  session_id TEXT NOT NULL,            -- empty: it outlives the session (offline_access)
  client_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX grants_session ON grants (session_id);
CREATE INDEX grants_mandate ON grants (mandate_id) WHERE mandate_id IS NOT NULL;
CREATE INDEX grants_expiry ON grants (expires_at);

-- Refresh tokens: one family a grant. The tokens themselves are sealed and stored nowhere; the row says which is good.
CREATE TABLE clients (                 -- those that have registered themselves
  id TEXT PRIMARY KEY,
  metadata TEXT NOT NULL,
  secret TEXT NOT NULL,                -- a keyed hash, or sealed
  token_hash TEXT NOT NULL,            -- of the registration access token
  created_at BIGINT NOT NULL,
  disabled_at BIGINT
);

CREATE TABLE refresh_tokens (
  grant_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  granted TEXT NOT NULL,               -- sealed: what the tokens are for
  generation BIGINT NOT NULL,
  rotated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL           -- unless it is used until then
);
CREATE INDEX refresh_tokens_consent ON refresh_tokens (actor_id, account_id, client_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Clients' tokens about themselves (client_credentials) that were revoked: they have no grant.
CREATE TABLE revoked_tokens (
  id TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);

CREATE TABLE one_time_codes (
  id TEXT PRIMARY KEY,
  binding TEXT NOT NULL,               -- purpose and transaction
  recipient_index TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  tries BIGINT NOT NULL,
  sent_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  consumed_at BIGINT
);
CREATE INDEX one_time_codes_binding ON one_time_codes (binding);
CREATE INDEX one_time_codes_expiry ON one_time_codes (expires_at);

-- Counters of every limit; a window is a fixed span of time.
CREATE TABLE limits (
  subject TEXT NOT NULL,
  window_start BIGINT NOT NULL,
  hits BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (subject, window_start)
);
CREATE INDEX limits_expiry ON limits (expires_at);

-- Tickets that may be used once (captchas, e-mail links): the first insert wins.
CREATE TABLE spent_tickets (
  id TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX spent_tickets_expiry ON spent_tickets (expires_at);

CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,               -- sealed, but for ids
  due_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  done_at BIGINT
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

-- Append-only. `seal` chains the rows: set once, in order, by one sealer.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  event TEXT NOT NULL,
  actor TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  sequence BIGINT UNIQUE,
  seal TEXT
);
CREATE INDEX audit_unsealed ON audit (id) WHERE seal IS NULL;
CREATE INDEX audit_subject ON audit (subject, id);

-- What other nodes must forget from their caches.
CREATE TABLE changes (
  subject TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (subject, changed_at)
);
CREATE INDEX changes_at ON changes (changed_at);

-- Work that one node does at a time.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- Sign-ins at federated systems that wait for their answer.
CREATE TABLE upstream_sign_ins (
  state_hash TEXT PRIMARY KEY,
  browser_hash TEXT NOT NULL,
  pending TEXT NOT NULL,               -- sealed: system, nonce, PKCE verifier, what goes on afterwards
  expires_at BIGINT NOT NULL,
  answered_at BIGINT
);
CREATE INDEX upstream_sign_ins_expiry ON upstream_sign_ins (expires_at);
