include(GNUInstallDirs)
if(TARGET tide)
  install(TARGETS tide RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
