"""pycurl, the multi interface, all at once: pycurl_multi.py URL..."""
import sys

import pycurl

multi = pycurl.CurlMulti()
handles = []
for url in sys.argv[1:]:
    easy = pycurl.Curl()
    easy.setopt(pycurl.URL, url)
    easy.setopt(pycurl.WRITEFUNCTION, lambda data: len(data))
    multi.add_handle(easy)
    handles.append(easy)
running = len(handles)
while running:
    _, running = multi.perform()
    multi.select(1.0)
multi.info_read()
for easy in handles:
    multi.remove_handle(easy)
    print(easy.getinfo(pycurl.RESPONSE_CODE))
