//! Functions that templates of prompt commands use, besides Go's own: those of sprig
//! (<https://masterminds.github.io/sprig/>), with its order of arguments.

use gtmpl::{Func, FuncError, Value};

/// Names and functions.
pub(super) const ALL: &[(&str, Func)] = &[
    ("add", add),
    ("sub", sub),
    ("has", has),
    ("join", join),
    ("ext", ext),
    ("base", base),
    ("upper", |args| text(args, str::to_uppercase)),
    ("lower", |args| text(args, str::to_lowercase)),
    ("trim", |args| text(args, |own| own.trim().to_owned())),
    ("quote", |args| text(args, |own| format!("{own:?}"))),
    ("trimSuffix", |args| {
        pair(args, |end, own| own.strip_suffix(end).unwrap_or(own).into())
    }),
    ("trimPrefix", |args| {
        pair(args, |start, own| {
            own.strip_prefix(start).unwrap_or(own).into()
        })
    }),
    ("hasSuffix", |args| {
        pair(args, |end, own| own.ends_with(end).into())
    }),
    ("hasPrefix", |args| {
        pair(args, |start, own| own.starts_with(start).into())
    }),
    ("contains", |args| {
        pair(args, |part, own| own.contains(part).into())
    }),
    ("split", |args| {
        pair(args, |by, own| {
            Value::Array(own.split(by).map(Value::from).collect())
        })
    }),
    ("splitList", |args| {
        pair(args, |by, own| {
            Value::Array(own.split(by).map(Value::from).collect())
        })
    }),
    ("replace", replace),
    ("default", default),
    ("indent", indent),
    ("first", |args| end(args, <[Value]>::first)),
    ("last", |args| end(args, <[Value]>::last)),
    ("list", |args| Ok(Value::Array(args.to_vec()))),
];

fn few(name: &str, number: usize) -> FuncError {
    FuncError::AtLeastXArgs(name.to_owned(), number)
}

/// Returns the text of a value.
fn of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::NoValue | Value::Nil => String::new(),
        other => other.to_string(),
    }
}

fn text(args: &[Value], with: fn(&str) -> String) -> Result<Value, FuncError> {
    let own = args.first().ok_or_else(|| few("function", 1))?;
    Ok(Value::from(with(&of(own))))
}

fn pair(args: &[Value], with: fn(&str, &str) -> Value) -> Result<Value, FuncError> {
    match args {
        [first, second, ..] => Ok(with(&of(first), &of(second))),
        _ => Err(few("function", 2)),
    }
}

fn whole(value: &Value) -> Result<i64, FuncError> {
    let number = of(value).parse();
    number.map_err(|_| FuncError::Generic(format!("`{}` is not a whole number", of(value))))
}

fn add(args: &[Value]) -> Result<Value, FuncError> {
    let numbers: Result<Vec<i64>, _> = args.iter().map(whole).collect();
    Ok(Value::from(
        numbers?.into_iter().fold(0, i64::saturating_add),
    ))
}

fn sub(args: &[Value]) -> Result<Value, FuncError> {
    match args {
        [from, number] => Ok(Value::from(whole(from)?.saturating_sub(whole(number)?))),
        _ => Err(few("sub", 2)),
    }
}

fn has(args: &[Value]) -> Result<Value, FuncError> {
    match args {
        [wanted, Value::Array(values)] => Ok(values.contains(wanted).into()),
        [_, _] => Ok(false.into()),
        _ => Err(few("has", 2)),
    }
}

fn join(args: &[Value]) -> Result<Value, FuncError> {
    match args {
        [by, Value::Array(values)] => {
            let texts: Vec<String> = values.iter().map(of).collect();
            Ok(Value::from(texts.join(&of(by))))
        }
        [_, other] => Ok(Value::from(of(other))),
        _ => Err(few("join", 2)),
    }
}

fn ext(args: &[Value]) -> Result<Value, FuncError> {
    text(args, |own| {
        let extension = std::path::Path::new(own).extension();
        extension.map_or(String::new(), |own| format!(".{}", own.to_string_lossy()))
    })
}

fn base(args: &[Value]) -> Result<Value, FuncError> {
    text(args, |own| {
        let name = std::path::Path::new(own).file_name();
        name.map_or(String::new(), |own| own.to_string_lossy().into_owned())
    })
}

fn replace(args: &[Value]) -> Result<Value, FuncError> {
    match args {
        [old, new, own] => Ok(Value::from(of(own).replace(&of(old), &of(new)))),
        _ => Err(few("replace", 3)),
    }
}

fn default(args: &[Value]) -> Result<Value, FuncError> {
    match args {
        [default, own] if of(own).is_empty() => Ok(default.clone()),
        [_, own] => Ok(own.clone()),
        [default] => Ok(default.clone()),
        _ => Err(few("default", 2)),
    }
}

fn indent(args: &[Value]) -> Result<Value, FuncError> {
    let [width, own] = args else {
        return Err(few("indent", 2));
    };
    let width = usize::try_from(whole(width)?.clamp(0, 100)).unwrap_or_default();
    let spaces = " ".repeat(width);
    let lines: Vec<String> = of(own)
        .split('\n')
        .map(|line| format!("{spaces}{line}"))
        .collect();
    Ok(Value::from(lines.join("\n")))
}

fn end(args: &[Value], of: fn(&[Value]) -> Option<&Value>) -> Result<Value, FuncError> {
    match args {
        [Value::Array(values)] => Ok(of(values).cloned().unwrap_or(Value::NoValue)),
        _ => Err(few("function", 1)),
    }
}
