# The unit of the daemon, with the binary that is installed beside it.
set(units ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
file(READ ${tide_unit} text)
string(REPLACE "/usr/local/bin/tide" "${CMAKE_INSTALL_PREFIX}/${tide_bindir}/tide" text "${text}")
file(WRITE "$ENV{DESTDIR}${units}/tide@.service" "${text}")
list(APPEND CMAKE_INSTALL_MANIFEST_FILES ${units}/tide@.service)
