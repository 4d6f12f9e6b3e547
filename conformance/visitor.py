"""A browser that signs in at the portal with a connected system: where the suite plays the provider, nobody else comes."""

import http.cookiejar
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request


class Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere: for the modules that are over once the portal has found the provider."""

    def redirect_request(self, *_):
        return None


def sign_in(portal, system, trust, leave=True, later=None):
    """From the portal's login page to the provider and back; how it ended is for the suite to judge. `later`: the page that
    it ended on is loaded again after so many seconds, as by somebody who has taken a break."""
    tls = ssl.create_default_context(cafile=trust) if trust else ssl._create_unverified_context()
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    redirects = urllib.request.HTTPRedirectHandler() if leave else Stay()
    browser = urllib.request.build_opener(urllib.request.HTTPSHandler(context=tls), cookies, redirects)
    page = browser.open(f"{portal}/login", timeout=30).read().decode()
    csrf = re.search(r'name="csrf" value="([^"]*)"', page)
    form = urllib.parse.urlencode({"csrf": csrf[1], "system": system}).encode()
    try:
        landed = browser.open(f"{portal}/upstream/sign-in", form, timeout=30)
        landed.read()
        if later:
            time.sleep(later)
            browser.open(landed.geturl(), timeout=30).read()
    except urllib.error.HTTPError as page:
        page.read()  # The portal's page that says why not, or the redirect that isn't followed.
