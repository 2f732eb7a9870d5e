"""Extracts the AWS provider's schema from the typed bindings on PyPI.

`cdktn-provider-aws` (MPL-2.0) is generated from the provider's own schema; its archive names, for
each resource type, every argument, its type, whether it is a block, and whether it is required,
optional or computed. This turns the types that we use back into the form that
`terraform providers schema -json` prints. Run it when a module needs another type:

    pip download --no-deps cdktn-provider-aws==25.8.1
    python extract.py cdktn_provider_aws-25.8.1-*.whl types.txt schema.json

Not in the bindings, so set by rule: an argument whose name ends in `_wo` is write-only.
"""

import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path

FLAGS = re.compile(r"// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)")
FIELD = re.compile(
    r"^ {8,12}(\w+): \{\n\s+value: (.*),\n\s+isBlock: (true|false),\n"
    r'\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",',
    re.M,
)
GETTER = re.compile(r"return (?:cdktn\.Fn\.(tolist)\()?this\.get(\w+)Attribute\('(\w+)'\)")
MEMBER = re.compile(r'_\w+ = new (?:index_\d+\.)?([\w.]+)\(this, "(\w+)"(?:, (true|false))?\)')
# The bindings leave the firewall's statements untyped, since statements hold statements. Those that
# we use are written down by hand, from the provider's documentation.
BY_HAND = Path(__file__).parent / "by_hand.json"

GETTER_TYPES = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
    "AnyMap": ["map", "string"],
}
STORAGE_TYPES = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
}


class Source:
    """One type's generated file, cut into its classes and conversion functions."""

    def __init__(self, text):
        self.classes = {
            found[1]: text[found.start() : self._end(text, found.start())]
            for found in re.finditer(r"^class (\w+) extends", text, re.M)
        }
        self.functions = {
            found[1].lower(): text[found.start() : self._end(text, found.start())]
            for found in re.finditer(r"^function (\w+)ToHclTerraform\(", text, re.M)
        }

    @staticmethod
    def _end(text, start):
        end = text.find("\n}\n", start)
        return len(text) if end < 0 else end

    def main_class(self):
        for name, body in self.classes.items():
            if "static tfResourceType" in body:
                return name
        raise ValueError("no class carries a resource type")

    def block(self, class_name):
        """The schema of a resource's class, or of the class of one nested object."""
        body = self.classes.get(class_name, "")
        flags = {name: (c == "true", o == "true", r == "true") for name, c, o, r in FLAGS.findall(body)}
        types = self.getter_types(body)
        members = {name: (kind, wraps) for kind, name, wraps in MEMBER.findall(body)}
        fields = {name: rest for name, *rest in FIELD.findall(self.field_source(class_name, body))}
        attributes, blocks = {}, {}
        for name, (computed, optional, required) in flags.items():
            value, is_block, kind, storage = fields.get(name, ("", "false", "simple", ""))
            if is_block == "true" and not computed:
                blocks[name] = self.nested(kind, storage, members.get(name), required)
                continue
            attributes[name] = self.attribute(name, computed, optional, required)
            attributes[name]["type"] = self.type_of(name, kind, storage, members.get(name), types)
        return {
            **({"attributes": dict(sorted(attributes.items()))} if attributes else {}),
            **({"block_types": dict(sorted(blocks.items()))} if blocks else {}),
        }

    def field_source(self, class_name, body):
        if "synthesizeHclAttributes" in body:
            return body[body.index("synthesizeHclAttributes") :]
        return self.functions.get(class_name.removesuffix("OutputReference").lower(), "")

    @staticmethod
    def getter_types(body):
        return {
            name: ["set", "string"] if to_list else GETTER_TYPES[kind]
            for to_list, kind, name in GETTER.findall(body)
            if kind in GETTER_TYPES
        }

    @staticmethod
    def attribute(name, computed, optional, required):
        flags = {"computed": computed, "optional": optional, "required": required}
        attribute = {key: True for key, value in flags.items() if value}
        if name.endswith("_wo"):
            attribute["write_only"] = True
        return attribute

    def nested(self, kind, storage, member, required):
        if kind == "struct" and (member is None or storage.endswith("Timeouts")):
            mode = "single"
        else:
            mode = "list" if kind == "struct" else kind
        element = storage.removesuffix("List") + "OutputReference"
        block = {"nesting_mode": mode, "block": self.block(element)}
        if required and mode != "single":
            block["min_items"] = 1
        if member and member[0].endswith("OutputReference") and mode != "single":
            block["max_items"] = 1
        return block

    def type_of(self, name, kind, storage, member, types):
        if member:
            member_class, wraps_set = member
            collection = "set" if wraps_set == "true" or kind == "set" else "list"
            if "Map" in member_class and member_class.startswith("cdktn"):
                return ["map", "string"]
            element = re.sub(r"(List|OutputReference)$", "", member_class) + "OutputReference"
            return [collection, self.object_type(element)]
        if kind == "set" and storage in STORAGE_TYPES:
            return ["set", STORAGE_TYPES[storage][1]]
        return types.get(name) or STORAGE_TYPES.get(storage) or "string"

    def object_type(self, class_name):
        block = self.block(class_name)
        fields = {name: each["type"] for name, each in block.get("attributes", {}).items()}
        for name, each in block.get("block_types", {}).items():
            inner = {key: value["type"] for key, value in each["block"].get("attributes", {}).items()}
            fields[name] = [each["nesting_mode"], ["object", inner]]
        return ["object", fields]


def package_of(section, type_name):
    stem = type_name.removeprefix("aws_").replace("_", "-")
    prefix = {"resource": "", "data": "data-aws-", "ephemeral": "ephemeral-aws-"}[section]
    return f"package/lib/{prefix}{stem}/"


def sources(archive, section, type_name):
    """Everything generated for a type: large ones are spread over several files."""
    folder = package_of(section, type_name)
    names = [name for name in archive.getnames() if name.startswith(folder) and name.endswith(".js")]
    return "\n".join(archive.extractfile(name).read().decode() for name in sorted(names))


def extract(archive, wanted):
    sections = {"resource": "resource_schemas", "data": "data_source_schemas", "ephemeral": "ephemeral_resource_schemas"}
    schema = {name: {} for name in sections.values()}
    for section, type_name in wanted:
        text = sources(archive, section, type_name)
        source = Source(text)
        block = source.block(source.main_class())
        schema[sections[section]][type_name] = {"version": 0, "block": block}
        version = re.search(r"providerVersion: '([\d.]+)'", text)[1]
    rule = schema["resource_schemas"]["aws_wafv2_web_acl"]["block"]["block_types"]["rule"]["block"]
    del rule["attributes"]["statement"]
    rule["block_types"]["statement"] = json.loads(BY_HAND.read_text())["aws_wafv2_web_acl.rule.statement"]
    return {"version": version, **schema}


def main():
    wheel, types, target = map(Path, sys.argv[1:4])
    wanted = [line.split() for line in types.read_text().splitlines() if line and not line.startswith("#")]
    with zipfile.ZipFile(wheel) as files:
        name = next(name for name in files.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(files.read(name))) as archive:
            schema = extract(archive, wanted)
    lines = [f'"version": {json.dumps(schema.pop("version"))}']
    for section, types_of in schema.items():
        rows = [f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}" for name, each in sorted(types_of.items())]
        lines.append(f"{json.dumps(section)}: {{\n" + ",\n".join(rows) + "\n}")
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
