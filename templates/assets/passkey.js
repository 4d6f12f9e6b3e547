// Passkeys: asks the browser for one, and sends its answer with the form that holds the options.
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0)).buffer;
  const text = (buffer) => {
    const binary = Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join('');
    return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  };
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));
  const form = document.querySelector('form.passkey');
  if (!form || !window.PublicKeyCredential) return;

  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  const creating = Boolean(options.user);
  if (creating) {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = keys(options.excludeCredentials);
  } else {
    options.allowCredentials = keys(options.allowCredentials);
  }

  const send = (credential) => {
    const { response } = credential;
    const answer = {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: creating
        ? {
            attestationObject: text(response.attestationObject),
            clientDataJSON: text(response.clientDataJSON),
            transports: response.getTransports ? response.getTransports() : [],
          }
        : {
            authenticatorData: text(response.authenticatorData),
            clientDataJSON: text(response.clientDataJSON),
            signature: text(response.signature),
            userHandle: response.userHandle ? text(response.userHandle) : null,
          },
    };
    form.elements.answer.value = JSON.stringify(answer);
    form.submit();
  };

  let waiting = null;
  const ask = (conditional) => {
    if (waiting) waiting.abort();
    waiting = new AbortController();
    const request = { publicKey: options, signal: waiting.signal };
    if (conditional) request.mediation = 'conditional';
    const asked = creating ? navigator.credentials.create(request) : navigator.credentials.get(request);
    asked.then(send).catch((error) => {
      if (error.name !== 'AbortError') form.querySelector('.failed').hidden = conditional;
    });
  };

  const button = form.querySelector('.ask');
  button.hidden = false;
  button.addEventListener('click', () => {
    form.querySelector('.failed').hidden = true;
    ask(false);
  });
  // On the login page the browser offers passkeys in the field of the name.
  if (form.dataset.conditional && PublicKeyCredential.isConditionalMediationAvailable) {
    PublicKeyCredential.isConditionalMediationAvailable().then((able) => able && ask(true));
  }
})();
