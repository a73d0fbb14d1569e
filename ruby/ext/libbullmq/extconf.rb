# frozen_string_literal: true

require "mkmf"

unless pkg_config("libbullmq")
  abort <<~TEXT
    libbullmq was not found by pkg-config. Install it, or name the folder of its libbullmq.pc:

        PKG_CONFIG_PATH=PREFIX/lib/pkgconfig gem install libbullmq
  TEXT
end

# A library outside the system's folders is found again at run time where it was at build time.
libdir = `pkg-config --variable=libdir libbullmq`.strip
$LDFLAGS << " -Wl,-rpath,#{libdir}" unless libdir.empty?
$CFLAGS << " -std=gnu11"

create_makefile("libbullmq/native")
