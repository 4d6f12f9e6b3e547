// OpenID Connect Session Management 1.0, section 3.2: tells a client's page whether the person who is signed in here is
// still the one of its sign-in. It knows nothing of that person: only a hash that changes with each sign-in and sign-out.
(function () {
  'use strict';

  var NAME = location.protocol === 'https:' ? '__Host-guiyi_state' : 'guiyi_state';

  function browserState() {
    var pairs = document.cookie.split('; ');
    for (var i = 0; i < pairs.length; i++) {
      if (pairs[i].indexOf(NAME + '=') === 0) return pairs[i].slice(NAME.length + 1);
    }
    return '';
  }

  // FIPS 180-4. The browser's own is asynchronous, and missing where a page isn't served securely.
  function primes(count, root) {
    var found = [];
    for (var n = 2; found.length < count; n++) {
      var prime = true;
      for (var d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
      if (prime) {
        var x = Math.pow(n, 1 / root);
        found.push(((x - Math.floor(x)) * 4294967296) | 0);
      }
    }
    return found;
  }

  function rotate(x, n) {
    return (x >>> n) | (x << (32 - n));
  }

  var ROUNDS = primes(64, 3);

  function sha256(text) {
    var bytes = unescape(encodeURIComponent(text));
    var length = bytes.length;
    var words = [];
    for (var i = 0; i < length; i++) words[i >> 2] |= bytes.charCodeAt(i) << (24 - (i % 4) * 8);
    words[length >> 2] |= 0x80 << (24 - (length % 4) * 8);
    var end = ((length + 8) >> 6) * 16 + 15;
    words[end] = length * 8;
    var hash = primes(8, 2);
    for (var block = 0; block < end; block += 16) {
      var w = [];
      var s = hash.slice();
      for (var t = 0; t < 64; t++) {
        if (t < 16) {
          w[t] = words[block + t] | 0;
        } else {
          var a = w[t - 15];
          var b = w[t - 2];
          var low = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
          var high = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
          w[t] = (w[t - 16] + low + w[t - 7] + high) | 0;
        }
        var e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        var one = (s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + ROUNDS[t] + w[t]) | 0;
        var m = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        var two = (m + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]))) | 0;
        s = [(one + two) | 0, s[0], s[1], s[2], (s[3] + one) | 0, s[4], s[5], s[6]];
      }
      for (var k = 0; k < 8; k++) hash[k] = (hash[k] + s[k]) | 0;
    }
    return hash;
  }

  function base64url(hash) {
    var bytes = '';
    for (var i = 0; i < 32; i++) bytes += String.fromCharCode((hash[i >> 2] >>> (24 - (i % 4) * 8)) & 255);
    return btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  }

  function answer(message, origin) {
    if (typeof message !== 'string') return 'error';
    var blank = message.lastIndexOf(' ');
    var client = message.slice(0, blank);
    var state = message.slice(blank + 1).split('.');
    if (blank < 1 || state.length !== 2 || !state[0] || !state[1]) return 'error';
    var now = base64url(sha256([client, origin, browserState(), state[1]].join(' ')));
    return now === state[0] ? 'unchanged' : 'changed';
  }

  window.addEventListener('message', function (event) {
    if (event.source) event.source.postMessage(answer(event.data, event.origin), event.origin);
  });
})();
