# Runs at every build: the commit may have moved since the configure. configure_file leaves an unchanged file alone, so
# nothing is recompiled unless the commit did move.
set(commit "unknown")
find_program(git git)
if(git AND EXISTS ${source_dir}/.git)
  execute_process(COMMAND ${git} -c safe.directory=* -C ${source_dir} rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(commit ${head})
    execute_process(COMMAND ${git} -c safe.directory=* -C ${source_dir} diff-index --quiet HEAD --
                    RESULT_VARIABLE changed OUTPUT_QUIET ERROR_QUIET)
    if(changed)
      # With what of the code differs from it, by which kept results of another build are not taken for this one's.
      execute_process(COMMAND ${git} -c safe.directory=* -C ${source_dir} diff HEAD -- host include kernels
                      OUTPUT_VARIABLE difference ERROR_QUIET)
      execute_process(COMMAND ${git} -c safe.directory=* -C ${source_dir} ls-files -o --exclude-standard -- host include kernels
                      OUTPUT_VARIABLE added OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      string(REPLACE "\n" ";" added "${added}")
      foreach(file IN LISTS added)
        file(SHA1 ${source_dir}/${file} hash)
        string(APPEND difference "${file} ${hash}\n")
      endforeach()
      string(SHA1 difference "${difference}")
      string(SUBSTRING ${difference} 0 8 difference)
      string(APPEND commit "+${difference}")
    endif()
  endif()
elseif(EXISTS ${source_dir}/COMMIT)  # a bundle has no .git but names its commit
  file(STRINGS ${source_dir}/COMMIT commit LIMIT_COUNT 1)
endif()
configure_file(${template} ${output} @ONLY)
