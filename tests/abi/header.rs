//! The committed header is what the sources say, and compilers take it without a word.

use crate::toolchain::{compiler, repository, scratch, succeed_silently};
use std::fs;

#[test]
fn committed_header_is_the_generated_one() {
    let generated = fs::read_to_string(env!("DIPKIT_HEADER")).unwrap();
    let committed = fs::read_to_string(repository("include/dipkit.h")).unwrap();
    assert!(generated == committed, "src/capi changed: copy {} to include/dipkit.h", env!("DIPKIT_HEADER"));
}

#[test]
fn headers_compile_alone_and_twice() {
    let folder = scratch("header");
    fs::create_dir_all(&folder).unwrap();
    for (file, header) in [("alone.c", "dipkit.h"), ("alone.cpp", "dipkit.h"), ("wrapper.cpp", "dipkit.hpp")] {
        let source = folder.join(file);
        fs::write(&source, format!("#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n"))
            .unwrap();
        succeed_silently(compiler(&source).arg("-fsyntax-only").arg(&source));
    }
}

#[test]
fn functions_and_constants_have_their_prefix() {
    let header = fs::read_to_string(repository("include/dipkit.h")).unwrap();
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define "));
    assert!(defined.clone().count() > 40);
    defined.for_each(|name| assert!(name.starts_with("DIP_") || name == "DIPKIT_H", "{name}"));
}
