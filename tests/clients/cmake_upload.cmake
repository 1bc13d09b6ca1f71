# cmake -DURL=... -P cmake_upload.cmake
file(UPLOAD "${CMAKE_CURRENT_LIST_FILE}" "${URL}" STATUS status)
message(STATUS "${status}")
