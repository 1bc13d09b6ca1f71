"""pycurl, the easy interface: pycurl_easy.py URL..."""
import sys

import pycurl

easy = pycurl.Curl()
for url in sys.argv[1:]:
    easy.setopt(pycurl.URL, url)
    easy.setopt(pycurl.WRITEFUNCTION, lambda data: len(data))
    easy.perform()
    print(easy.getinfo(pycurl.RESPONSE_CODE))
easy.close()
