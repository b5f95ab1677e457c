"""The one seam: every HTTP request of every SDK passes here, and nothing but `live` opens a socket."""
