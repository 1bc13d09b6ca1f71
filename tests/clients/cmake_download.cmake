# cmake -DURL=... -DVERIFY=ON|OFF -P cmake_download.cmake
file(DOWNLOAD "${URL}" TLS_VERIFY ${VERIFY} STATUS status)
message(STATUS "${status}")
