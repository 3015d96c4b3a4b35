//! The C library's header, how it is linked, and on which systems NVIDIA cards are looked for. The header goes to OUT_DIR, since a build must not
//! change its sources; a test compares it with the committed include/dipkit.h.

use std::env;
use std::path::Path;

/// In the header's order: cbindgen keeps it.
const HEADER_SOURCES: [&str; 2] = ["src/capi/types.rs", "src/capi/exports.rs"];
const HEADER_SETTINGS: &str = "include/cbindgen.toml";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/capi");
    println!("cargo:rerun-if-changed={HEADER_SETTINGS}");
    find_cuda();
    if env::var_os("CARGO_FEATURE_CAPI").is_none() {
        return;
    }
    if let Err(message) = write_header() {
        // The library works without: only the test that compares headers, and packagers, need it.
        println!("cargo:warning=dipkit.h was not generated: {message}");
    }
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        link_on_linux();
    }
}

/// NVIDIA has drivers for these systems alone; Cargo.toml has the same condition for their bindings.
fn find_cuda() {
    println!("cargo:rustc-check-cfg=cfg(has_cuda)");
    if matches!(env::var("CARGO_CFG_TARGET_OS").as_deref(), Ok("linux" | "windows")) {
        println!("cargo:rustc-cfg=has_cuda");
    }
}

fn write_header() -> Result<(), String> {
    let out = env::var("OUT_DIR").map_err(|error| format!("OUT_DIR: {error}"))?;
    let header = Path::new(&out).join("dipkit.h");
    let config = cbindgen::Config::from_file(HEADER_SETTINGS).map_err(|error| format!("{HEADER_SETTINGS}: {error}"))?;
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = HEADER_SOURCES.iter().fold(builder, |builder, source| builder.with_src(source));
    builder.generate().map_err(|error| error.to_string())?.write_to_file(&header);
    println!("cargo:rustc-env=DIPKIT_HEADER={}", header.display());
    Ok(())
}

fn link_on_linux() {
    // Cargo sets no SONAME. cargo-c adds its own, which is this one as long as both follow the major
    // version. The GPU build lies beside the plain one and must not pass for it.
    let major = env::var("CARGO_PKG_VERSION_MAJOR").unwrap_or_default();
    let name = if env::var_os("CARGO_FEATURE_CUDA").is_some() { "libdipkit-cuda.so" } else { "libdipkit.so" };
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,{name}.{major}");
    // Thread-local destructors and pool threads may outlive a dlclose: the code must stay mapped.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
