"""From the inputs of a run to the requests that it makes: checks, planning, the JSON body."""
