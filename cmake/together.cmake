# A build that is made once and thrown away (CI's, the sanitizers') compiles the files of a folder eight at a time: most of a
# file's time goes into the same headers. Who edits builds file by file, so that a change costs one file (and its own includes
# are proven).
# What ships, and what is measured, is built as everyone builds it.
if(DEFINED ENV{CI} AND NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  set(together ON)
else()
  set(together OFF)
endif()
option(TIDE_TOGETHER "Compile the files of a folder together" ${together})

# Files of one folder whose unnamed namespaces say the same name with another meaning stay alone.
set(TIDE_ALONE "/(htcondor/htcondor|htcondor/job_row|openpbs/openpbs|pbs/values|torque/(node_jobs|torque|words)|nova/[a-z_]+|openstack/keystone|init/text)\\.cpp$")

function(tide_compile_together target)
  if(NOT TIDE_TOGETHER)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(SORT sources)
  foreach(source IN LISTS sources)
    if(source MATCHES "${TIDE_ALONE}")
      continue()
    endif()
    get_filename_component(folder ${source} DIRECTORY)
    string(MAKE_C_IDENTIFIER "${folder}" folder)
    if(NOT DEFINED count_${folder})
      set(count_${folder} 0)
    endif()
    math(EXPR group "${count_${folder}} / 8")
    math(EXPR count_${folder} "${count_${folder}} + 1")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder}_${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
