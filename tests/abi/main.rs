//! Tests of the C library: its header, its symbols, its layout, and C and C++ programs that use it as
//! hosts do. The programs are in `c/`, with many named checks each; every check is a test here.

// They use the tools, the file names and the /proc of Linux.
#![cfg(target_os = "linux")]

mod boundary;
mod copies;
mod examples;
mod header;
mod installation;
mod interface;
mod layout;
mod locale;
mod programs;
mod released;
mod sized;
mod symbols;
mod toolchain;
