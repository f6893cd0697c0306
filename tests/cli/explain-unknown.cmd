# exit 2: a subject that nothing is named
tide explain smal
