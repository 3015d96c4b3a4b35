//! The interface as programs were compiled against it, in lines of `name = what it is`: constants with their numbers,
//! types, structs with their sizes, fields with their places, functions, and the options that are set by name. Header
//! and built library are asked, never the sources.

use crate::toolchain::{Link, compile, library, repository, scratch, succeed};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// What each name of the interface is.
pub type Interface = BTreeMap<String, String>;

/// The interface of the library that was built for this test.
pub fn built() -> Interface {
    let header = fs::read_to_string(repository("include/dipkit.h")).unwrap();
    let declared = Declared::of(&header);
    let folder = scratch("interface");
    fs::create_dir_all(&folder).unwrap();
    let source = folder.join("interface.c");
    fs::write(&source, declared.program()).unwrap();
    let output = succeed(&mut Command::new(compile(&source, Link::Library)));
    let mut interface = parse(&String::from_utf8(output.stdout).unwrap());
    interface.extend(declared.types);
    let exported = exported();
    interface.extend(declared.functions.into_iter().filter(|(name, _)| exported.contains(name)));
    interface.insert("SONAME".into(), soname());
    interface
}

/// Reads an interface's lines.
pub fn parse(text: &str) -> Interface {
    let split = |line: &str| line.split_once(" = ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| split(line).unwrap_or_else(|| panic!("{line}")))
        .collect()
}

/// The lines of an interface.
pub fn lines(interface: &Interface) -> String {
    interface.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
}

fn exported() -> Vec<String> {
    let output = succeed(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library()));
    let symbols = String::from_utf8(output.stdout).unwrap();
    symbols.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn soname() -> String {
    let output = succeed(Command::new("readelf").arg("-d").arg(library()));
    let dynamic = String::from_utf8(output.stdout).unwrap();
    let name = dynamic.lines().find_map(|line| line.split_once("soname: [")?.1.strip_suffix(']'));
    name.unwrap_or_else(|| panic!("{dynamic}")).to_owned()
}

/// What the header declares; cbindgen writes each field and each constant on a line of its own.
struct Declared {
    constants: Vec<String>,
    types: Vec<(String, String)>,
    /// Struct, field and the field's type.
    fields: Vec<(String, String, String)>,
    functions: Vec<(String, String)>,
}

impl Declared {
    fn of(header: &str) -> Declared {
        let code: Vec<&str> = header.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
        let constants = code.iter().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
        let constants = constants.map(|(name, _)| name.to_owned()).collect();
        let code: Vec<&str> = code.into_iter().filter(|line| !line.starts_with('#')).collect();
        let text = code.join(" ").replace("extern \"C\" {", "");
        let mut declared = Declared { constants, types: Vec::new(), fields: Vec::new(), functions: Vec::new() };
        let mut rest = text.as_str();
        while let Some(end) = rest.find(';') {
            let structure = rest[..end].contains('{');
            let end =
                if structure { rest.find('}').and_then(|at| Some(at + rest[at..].find(';')?)).unwrap() } else { end };
            declared.take(rest[..end].trim());
            rest = &rest[end + 1..];
        }
        declared
    }

    /// Takes one declaration without its semicolon.
    fn take(&mut self, declaration: &str) {
        if let Some((head, fields)) = declaration.split_once('{') {
            let name = head.split_whitespace().last().unwrap();
            for field in fields.split_once('}').unwrap().0.split(';').filter(|field| !field.trim().is_empty()) {
                let (kind, field) = typed(field);
                self.fields.push((name.to_owned(), field, kind));
            }
        } else if let Some(defined) = declaration.strip_prefix("typedef ") {
            let (kind, name) = typed(defined);
            self.types.push((name, kind));
        } else {
            let (head, parameters) = declaration.split_once('(').unwrap_or_else(|| panic!("{declaration}"));
            let (kind, name) = typed(head);
            let parameters = parameters.trim_end_matches(')').split(',');
            let kinds: Vec<String> =
                parameters.map(|one| if one == "void" { one.to_owned() } else { typed(one).0 }).collect();
            self.functions.push((name, format!("{kind} ({})", kinds.join(", "))));
        }
    }

    /// A C program that prints the numbers of constants, the places of fields, and the options of the library.
    fn program(&self) -> String {
        let mut text = "#include <dipkit.h>\n#include <stdio.h>\n".to_owned();
        text += "#define SIZE(type, name) (unsigned long)sizeof(((type *)0)->name)\n";
        text += "static void declared(void) {\n";
        for name in &self.constants {
            text += &format!("  printf(\"{name} = %lld\\n\", (long long){name});\n");
        }
        for (place, (structure, field, kind)) in self.fields.iter().enumerate() {
            if place == 0 || self.fields[place - 1].0 != *structure {
                text += &format!("  printf(\"{structure} = %lu bytes\\n\", (unsigned long)sizeof({structure}));\n");
            }
            text += &format!(
                "  printf(\"{structure}.{field} = %lu bytes at %lu: {kind}\\n\", SIZE({structure}, {field}), \
                 (unsigned long)offsetof({structure}, {field}));\n"
            );
        }
        text + OPTIONS
    }
}

/// The words of a choice are in the library alone.
const OPTIONS: &str = r#"}
int main(void) {
  static const char *const kinds[] = {"integer", "float", "choice", "switch"};
  DipOptionInfo info = {.struct_size = sizeof info};
  uint32_t i;
  declared();
  for (i = 0; dip_option_info(i, 0, 1, &info) == DIP_OK; i++)
    printf("option %s = %s%s%s\n", info.name, info.kind < 4 ? kinds[info.kind] : "unknown", *info.choices ? " " : "",
           info.choices);
  return i > 0 ? 0 : 1;
}
"#;

/// Splits `const char *name` into its type and its name. Whether a struct is written with that word is no difference.
fn typed(declaration: &str) -> (String, String) {
    let declaration = declaration.trim();
    let start = declaration.rfind(|letter: char| !(letter.is_alphanumeric() || letter == '_')).map_or(0, |at| at + 1);
    let kind = declaration[..start].replace("struct ", "");
    (kind.split_whitespace().collect::<Vec<_>>().join(" "), declaration[start..].to_owned())
}
