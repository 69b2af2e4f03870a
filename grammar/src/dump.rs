//! The tree as S-expressions, for golden tests and curious people.
//!
//! One statement per line, blocks indented below their statement. Expressions that lean to the
//! left are written without recursion, since they may be 100,000 terms long.

use crate::ast::*;
use std::fmt::Write;

pub fn dump(ast: &Ast) -> String {
    let mut dump = Dump { ast, out: String::new(), indent: 0 };
    for stmt in &ast.body {
        dump.stmt(stmt);
    }
    dump.out
}

struct Dump<'a> {
    ast: &'a Ast,
    out: String,
    indent: usize,
}

impl Dump<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn open_line(&mut self, head: &str) {
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
        self.out.push('(');
        self.out.push_str(head);
    }

    fn close_line(&mut self) {
        self.out.push_str(")\n");
    }

    /// A clause with a block below it.
    fn block(&mut self, head: &str, block: &Block) {
        self.open_line(head);
        self.nested(block);
    }

    /// Ends the open line with a block and its parenthesis.
    fn nested(&mut self, block: &Block) {
        self.out.push('\n');
        self.indent += 1;
        for stmt in block {
            self.stmt(stmt);
        }
        self.indent -= 1;
        self.shut();
    }

    /// Closes the parenthesis of a finished line that has more lines below it.
    fn shut(&mut self) {
        self.out.pop();
        self.out.push_str(")\n");
    }

    fn optional_block(&mut self, head: &str, block: &Block) {
        if !block.is_empty() {
            self.block(head, block);
        }
    }

    fn idents(&mut self, idents: &[Ident]) {
        for ident in idents {
            self.out.push(' ');
            self.ident(*ident);
        }
    }

    fn ident(&mut self, ident: Ident) {
        self.out.push_str(self.ast.name(ident.name));
    }

    fn dotted(&mut self, path: &[Ident]) {
        for (index, ident) in path.iter().enumerate() {
            if index > 0 {
                self.out.push('.');
            }
            self.ident(*ident);
        }
    }

    fn optional(&mut self, head: &str, value: Option<ExprId>) {
        if let Some(value) = value {
            self.put(" (");
            self.put(head);
            self.also(value);
            self.put(")");
        }
    }

    /// A blank and an expression.
    fn also(&mut self, id: ExprId) {
        self.out.push(' ');
        self.expr(id);
    }

    fn all(&mut self, ids: &[ExprId]) {
        for &id in ids {
            self.also(id);
        }
    }

    // ---- statements --------------------------------------------------------------------

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(e) => self.line("expr", &[*e]),
            StmtKind::Assign { targets, value } => {
                self.open_line("assign");
                self.all(targets);
                self.also(*value);
                self.close_line();
            }
            StmtKind::AugAssign { target, op, value } => {
                self.open_line(binary(*op));
                self.put("=");
                self.also(*target);
                self.also(*value);
                self.close_line();
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.open_line("annotate");
                if self.ast.is_parenthesized(*target) {
                    self.put(" parens");
                }
                self.also(*target);
                self.also(*annotation);
                self.optional("=", *value);
                self.close_line();
            }
            StmtKind::Pass => self.line("pass", &[]),
            StmtKind::Break => self.line("break", &[]),
            StmtKind::Continue => self.line("continue", &[]),
            StmtKind::Return(value) => self.line("return", value.as_slice()),
            StmtKind::Raise { exception, cause } => {
                self.open_line("raise");
                self.all(exception.as_slice());
                self.optional("from", *cause);
                self.close_line();
            }
            StmtKind::Delete(targets) => self.line("del", targets),
            StmtKind::Assert { test, message } => {
                self.open_line("assert");
                self.also(*test);
                self.all(message.as_slice());
                self.close_line();
            }
            StmtKind::Global(names) => self.names("global", names),
            StmtKind::Nonlocal(names) => self.names("nonlocal", names),
            StmtKind::Import(aliases) => {
                self.open_line("import");
                self.aliases(aliases);
                self.close_line();
            }
            StmtKind::ImportFrom(import) => {
                self.open_line("from ");
                for _ in 0..import.level {
                    self.put(".");
                }
                self.dotted(&import.module);
                match &import.names {
                    ImportNames::Star(_) => self.put(" *"),
                    ImportNames::Names(aliases) => self.aliases(aliases),
                }
                self.close_line();
            }
            StmtKind::If(stmt) => {
                let If { branches, orelse } = &**stmt;
                for (index, branch) in branches.iter().enumerate() {
                    self.open_line(if index == 0 { "if" } else { "elif" });
                    self.also(branch.test);
                    self.nested(&branch.body);
                }
                self.optional_block("else", orelse);
            }
            StmtKind::While(stmt) => {
                let While { test, body, orelse } = &**stmt;
                self.open_line("while");
                self.also(*test);
                self.nested(body);
                self.optional_block("else", orelse);
            }
            StmtKind::For(stmt) => {
                self.open_line(if stmt.is_async { "async-for" } else { "for" });
                self.also(stmt.target);
                self.also(stmt.iter);
                self.nested(&stmt.body);
                self.optional_block("else", &stmt.orelse);
            }
            StmtKind::Try(stmt) => self.try_stmt(stmt),
            StmtKind::With(stmt) => {
                self.open_line(if stmt.is_async { "async-with" } else { "with" });
                for item in &stmt.items {
                    self.also(item.context);
                    self.optional("as", item.target);
                }
                self.nested(&stmt.body);
            }
            StmtKind::Match(stmt) => {
                self.open_line("match");
                self.also(stmt.subject);
                self.put("\n");
                self.indent += 1;
                for case in &stmt.cases {
                    self.open_line("case ");
                    self.pattern(&case.pattern);
                    self.optional("if", case.guard);
                    self.nested(&case.body);
                }
                self.indent -= 1;
                self.shut();
            }
            StmtKind::Function(def) => self.function(def),
            StmtKind::Class(class) => self.class(class),
            StmtKind::TypeAlias(alias) => {
                self.open_line("type ");
                self.ident(alias.name);
                self.type_params(&alias.type_params);
                self.also(alias.value);
                self.close_line();
            }
            StmtKind::Error => self.line("error", &[]),
        }
    }

    fn line(&mut self, head: &str, operands: &[ExprId]) {
        self.open_line(head);
        self.all(operands);
        self.close_line();
    }

    fn names(&mut self, head: &str, names: &[Ident]) {
        self.open_line(head);
        self.idents(names);
        self.close_line();
    }

    fn aliases(&mut self, aliases: &[Alias]) {
        for alias in aliases {
            self.put(" ");
            match alias.alias {
                None => self.dotted(&alias.path),
                Some(name) => {
                    self.put("(as ");
                    self.dotted(&alias.path);
                    self.put(" ");
                    self.ident(name);
                    self.put(")");
                }
            }
        }
    }

    fn try_stmt(&mut self, stmt: &Try) {
        self.block("try", &stmt.body);
        for handler in &stmt.handlers {
            self.open_line(if stmt.is_star { "except*" } else { "except" });
            self.all(handler.exception.as_slice());
            if let Some(name) = handler.name {
                self.put(" (as ");
                self.ident(name);
                self.put(")");
            }
            self.nested(&handler.body);
        }
        self.optional_block("else", &stmt.orelse);
        self.optional_block("finally", &stmt.finally);
    }

    fn decorators(&mut self, decorators: &[ExprId]) {
        for &decorator in decorators {
            self.line("@", &[decorator]);
        }
    }

    fn function(&mut self, def: &Function) {
        self.decorators(&def.decorators);
        self.open_line(if def.is_async { "async-def " } else { "def " });
        self.ident(def.name);
        self.type_params(&def.type_params);
        self.params(&def.params);
        self.optional("->", def.returns);
        self.nested(&def.body);
    }

    fn class(&mut self, class: &Class) {
        self.decorators(&class.decorators);
        self.open_line("class ");
        self.ident(class.name);
        self.type_params(&class.type_params);
        self.arguments(&class.arguments);
        self.nested(&class.body);
    }

    fn type_params(&mut self, params: &[TypeParam]) {
        if params.is_empty() {
            return;
        }
        self.put(" [");
        for (index, param) in params.iter().enumerate() {
            if index > 0 {
                self.put(" ");
            }
            self.put(match param.kind {
                TypeParamKind::TypeVar => "",
                TypeParamKind::TypeVarTuple => "*",
                TypeParamKind::ParamSpec => "**",
            });
            self.ident(param.ident);
            self.optional(":", param.bound);
            self.optional("=", param.default);
        }
        self.put("]");
    }

    fn params(&mut self, params: &Params) {
        self.put(" [");
        let start = self.out.len();
        for param in &params.positional_only {
            self.param("", param);
        }
        if !params.positional_only.is_empty() {
            self.put(" /");
        }
        for param in &params.positional {
            self.param("", param);
        }
        match &params.star {
            Some(param) => self.param("*", param),
            None if !params.keyword_only.is_empty() => self.put(" *"),
            None => {}
        }
        for param in &params.keyword_only {
            self.param("", param);
        }
        if let Some(param) = &params.double_star {
            self.param("**", param);
        }
        if self.out.len() > start {
            self.out.remove(start);
        }
        self.put("]");
    }

    fn param(&mut self, stars: &str, param: &Param) {
        self.put(" ");
        self.put(stars);
        self.ident(param.ident);
        self.optional(":", param.annotation);
        self.optional("=", param.default);
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        for argument in arguments {
            match argument {
                Argument::Positional(e) => self.also(*e),
                Argument::Star(e) => self.marked("*", *e),
                Argument::DoubleStar(e) => self.marked("**", *e),
                Argument::Keyword(name, e) => {
                    self.put(" (= ");
                    self.ident(*name);
                    self.also(*e);
                    self.put(")");
                }
            }
        }
    }

    fn marked(&mut self, mark: &str, e: ExprId) {
        self.put(" (");
        self.put(mark);
        self.also(e);
        self.put(")");
    }

    // ---- patterns ----------------------------------------------------------------------

    fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard => self.put("_"),
            PatternKind::Capture(name) => self.ident(*name),
            PatternKind::Value(e) => self.wrapped("value", *e),
            PatternKind::Singleton(e) => self.wrapped("is", *e),
            PatternKind::As(inner, name) => {
                self.put("(as ");
                self.pattern(inner);
                self.put(" ");
                self.ident(*name);
                self.put(")");
            }
            PatternKind::Or(patterns) => self.patterns("(or", patterns),
            PatternKind::Sequence(patterns) => self.patterns("(sequence", patterns),
            PatternKind::Star(name) => {
                self.put("*");
                match name {
                    Some(name) => self.ident(*name),
                    None => self.put("_"),
                }
            }
            PatternKind::Mapping(mapping) => {
                let MappingPattern { items, rest } = &**mapping;
                self.put("(mapping");
                for (key, pattern) in items {
                    self.put(" (");
                    self.expr(*key);
                    self.put(" ");
                    self.pattern(pattern);
                    self.put(")");
                }
                if let Some(rest) = rest {
                    self.put(" **");
                    self.ident(*rest);
                }
                self.put(")");
            }
            PatternKind::Class(parts) => {
                let ClassPattern { class, positional, keywords } = &**parts;
                self.put("(class ");
                self.expr(*class);
                for pattern in positional {
                    self.put(" ");
                    self.pattern(pattern);
                }
                for (name, pattern) in keywords {
                    self.put(" (= ");
                    self.ident(*name);
                    self.put(" ");
                    self.pattern(pattern);
                    self.put(")");
                }
                self.put(")");
            }
        }
    }

    fn wrapped(&mut self, head: &str, e: ExprId) {
        self.put("(");
        self.put(head);
        self.also(e);
        self.put(")");
    }

    fn patterns(&mut self, head: &str, patterns: &[Pattern]) {
        self.put(head);
        for pattern in patterns {
            self.put(" ");
            self.pattern(pattern);
        }
        self.put(")");
    }

    // ---- expressions -------------------------------------------------------------------

    fn expr(&mut self, id: ExprId) {
        // Down the left spine first: heads on the way down, the other operands on the way up.
        let mut spine = Vec::new();
        let mut at = id;
        loop {
            let (head, left) = match self.ast.expr(at) {
                Expr::Binary(op, left, _) => (binary(*op), *left),
                Expr::Attribute(left, _) => (".", *left),
                Expr::Subscript(left, _) => ("[]", *left),
                Expr::Call(left, _) => ("call", *left),
                _ => break,
            };
            self.put("(");
            self.put(head);
            self.put(" ");
            spine.push(at);
            at = left;
        }
        self.leaf(at);
        for id in spine.into_iter().rev() {
            let ast = self.ast;
            match ast.expr(id) {
                Expr::Binary(_, _, right) => self.also(*right),
                Expr::Attribute(_, name) => self.idents(&[*name]),
                Expr::Subscript(_, index) => self.also(*index),
                Expr::Call(_, arguments) => self.arguments(arguments),
                _ => {}
            }
            self.put(")");
        }
    }

    fn leaf(&mut self, id: ExprId) {
        let ast = self.ast;
        match ast.expr(id) {
            Expr::Name(name) => self.put(ast.name(*name)),
            Expr::None => self.put("None"),
            Expr::True => self.put("True"),
            Expr::False => self.put("False"),
            Expr::Ellipsis => self.put("..."),
            Expr::Int(value) => self.number(value),
            Expr::BigInt { radix, digits } => {
                self.put(match radix {
                    16 => "0x",
                    8 => "0o",
                    2 => "0b",
                    _ => "",
                });
                self.put(digits);
            }
            Expr::Float(value) => self.number(&format_args!("{value:?}")),
            Expr::Imaginary(value) => self.number(&format_args!("{value:?}j")),
            Expr::Str(text) => self.text(text),
            Expr::Bytes(bytes) => {
                self.put("b");
                self.number(&format_args!("\"{}\"", bytes.escape_ascii()));
            }
            Expr::FString(parts) => self.parts("f", parts),
            Expr::Unary(op, e) => {
                let head = match op {
                    UnaryOp::Neg => "neg",
                    UnaryOp::Pos => "pos",
                    UnaryOp::Invert => "~",
                    UnaryOp::Not => "not",
                };
                self.node(head, &[*e]);
            }
            Expr::Bool(BoolOp::And, operands) => self.node("and", operands),
            Expr::Bool(BoolOp::Or, operands) => self.node("or", operands),
            Expr::Compare(first, rest) => {
                self.put("(compare");
                self.also(*first);
                for (op, e) in rest {
                    self.put(" ");
                    self.put(compare(*op));
                    self.also(*e);
                }
                self.put(")");
            }
            Expr::Conditional { test, body, orelse } => self.node("if", &[*test, *body, *orelse]),
            Expr::Lambda(lambda) => {
                self.put("(lambda");
                self.params(&lambda.params);
                self.also(lambda.body);
                self.put(")");
            }
            Expr::Tuple(items) => self.node("tuple", items),
            Expr::List(items) => self.node("list", items),
            Expr::Set(items) => self.node("set", items),
            Expr::Dict(items) => {
                self.put("(dict");
                for (key, value) in items {
                    match key {
                        Some(key) => {
                            self.put(" (");
                            self.expr(*key);
                            self.also(*value);
                            self.put(")");
                        }
                        None => self.marked("**", *value),
                    }
                }
                self.put(")");
            }
            Expr::Starred(e) => self.node("*", &[*e]),
            Expr::Walrus(name, e) => {
                self.put("(:= ");
                self.ident(*name);
                self.also(*e);
                self.put(")");
            }
            Expr::Slice { lower, upper, step } => {
                self.put("(slice");
                for part in [lower, upper, step] {
                    match part {
                        Some(e) => self.also(*e),
                        None => self.put(" -"),
                    }
                }
                self.put(")");
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Await(e) => self.node("await", &[*e]),
            Expr::Yield(e) => self.node("yield", e.as_slice()),
            Expr::YieldFrom(e) => self.node("yield-from", &[*e]),
            Expr::Error => self.put("(error)"),
            // On the spine; `expr` has taken them apart.
            Expr::Binary(..) | Expr::Attribute(..) | Expr::Subscript(..) | Expr::Call(..) => {}
        }
    }

    fn node(&mut self, head: &str, operands: &[ExprId]) {
        self.put("(");
        self.put(head);
        self.all(operands);
        self.put(")");
    }

    fn number(&mut self, value: &impl std::fmt::Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{value}");
    }

    fn comprehension(&mut self, comprehension: &Comprehension) {
        self.put(match comprehension.kind {
            ComprehensionKind::List => "(list-of",
            ComprehensionKind::Set => "(set-of",
            ComprehensionKind::Dict => "(dict-of",
            ComprehensionKind::Generator => "(generator",
        });
        self.also(comprehension.element);
        self.all(comprehension.value.as_slice());
        for clause in &comprehension.clauses {
            self.put(if clause.is_async { " (async-for" } else { " (for" });
            self.also(clause.target);
            self.also(clause.iter);
            for &condition in &clause.conditions {
                self.optional("if", Some(condition));
            }
            self.put(")");
        }
        self.put(")");
    }

    fn parts(&mut self, head: &str, parts: &[FPart]) {
        self.put("(");
        self.put(head);
        for part in parts {
            self.put(" ");
            match part {
                FPart::Text(text) => self.text(text),
                FPart::Field(field) => {
                    self.put("{");
                    self.expr(field.value);
                    self.put(match field.conversion {
                        Conversion::None => "",
                        Conversion::Str => " !s",
                        Conversion::Repr => " !r",
                        Conversion::Ascii => " !a",
                    });
                    if let Some(spec) = &field.spec {
                        self.put(" ");
                        self.parts(":", spec);
                    }
                    self.put("}");
                }
            }
        }
        self.put(")");
    }

    /// Text with lone surrogates written as escapes.
    fn text(&mut self, text: &[u8]) {
        self.put("\"");
        for chunk in text.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => self.put("\\\""),
                    '\\' => self.put("\\\\"),
                    '\n' => self.put("\\n"),
                    '\t' => self.put("\\t"),
                    c if c.is_control() => self.number(&format_args!("\\x{:02x}", c as u32)),
                    c => self.out.push(c),
                }
            }
            for byte in chunk.invalid() {
                self.number(&format_args!("\\<{byte:02x}>"));
            }
        }
        self.put("\"");
    }
}

fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::MatMul => "@",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "**",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
    }
}

fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
        CompareOp::Is => "is",
        CompareOp::IsNot => "is-not",
        CompareOp::In => "in",
        CompareOp::NotIn => "not-in",
    }
}
