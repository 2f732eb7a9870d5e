"""The AWS provider's schema behind Terraform's plugin protocol, for tests.

Reaches no AWS: it answers GetProviderSchema from `schema.json`, refuses what only AWS may set,
and pretends to plan and apply (`pretend.py`), so that the real `terraform init`, `validate`, `test`
and `plan` check our modules' arguments, types and wiring without internet or credentials.
Terraform's own `mock_provider` would do, but refuses ephemeral resources (1.11), and those are what
keeps our secrets out of the state.

The protocol's messages and the handshake come from the package `tf`, whose copy of the protocol is
older than write-only arguments and ephemeral resources: those are appended as fields by number
(tfplugin6.proto: Schema.Attribute.write_only = 11, GetProviderSchema.Response's
ephemeral_resource_schemas = 8).
"""

import json
import secrets
from pathlib import Path

import grpc
import tf.provider
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.runner import run_provider
from tf.utils import read_dynamic_value, to_dynamic_value

import pretend

SCHEMA = Path(__file__).parent / "schema.json"
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
PROVIDER_BLOCK = {
    "attributes": {"region": {"type": "string", "optional": True}},
    "block_types": {
        "default_tags": {
            "nesting_mode": "list",
            "max_items": 1,
            "block": {"attributes": {"tags": {"type": ["map", "string"], "optional": True}}},
        }
    },
}
WRITE_ONLY = bytes([11 << 3, 1])
EPHEMERAL_FIELD = bytes([8 << 3 | 2])


def varint(number):
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes(encoded + bytes([number]))


def block_of(block):
    return pb.Schema.Block(
        attributes=[attribute_of(name, each) for name, each in block.get("attributes", {}).items()],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=block_of(each["block"]),
                nesting=NESTING[each["nesting_mode"]],
                min_items=each.get("min_items", 0),
                max_items=each.get("max_items", 0),
            )
            for name, each in block.get("block_types", {}).items()
        ],
    )


def attribute_of(name, each):
    flags = {flag: True for flag in ("required", "optional", "computed") if each.get(flag)}
    attribute = pb.Schema.Attribute(name=name, type=json.dumps(each["type"]).encode(), **flags)
    if each.get("write_only"):
        attribute.MergeFromString(WRITE_ONLY)
    return attribute


def schema_of(block):
    return pb.Schema(version=0, block=block_of(block))


def ephemeral_entry(name, schema):
    """One entry of a map from names to schemas, as the wire has it."""
    key, value = name.encode(), schema.SerializeToString()
    entry = b"\x0a" + varint(len(key)) + key + b"\x12" + varint(len(value)) + value
    return EPHEMERAL_FIELD + varint(len(entry)) + entry


def set_by_aws_only(block, config):
    """What the configuration sets and only AWS may: Terraform leaves this check to the provider."""
    wrong = [
        name
        for name, each in block.get("attributes", {}).items()
        if each.keys() == {"computed", "type"} and config.get(name) is not None
    ]
    for name, each in block.get("block_types", {}).items():
        inner = config.get(name)
        for value in inner if isinstance(inner, list) else [inner]:
            if isinstance(value, dict):
                wrong += set_by_aws_only(each["block"], value)
    return wrong


def refusal(name):
    return pb.Diagnostic(
        severity=pb.Diagnostic.ERROR,
        summary="Value for unconfigurable attribute",
        detail=f"{name} is decided by AWS and cannot be set.",
    )


class SchemaProvider(rpc.ProviderServicer):
    """Answers what `init`, `validate`, `test` and `plan` ask of a provider."""

    def __init__(self, _app):
        schema = json.loads(SCHEMA.read_text())
        self.resources = schema["resource_schemas"]
        self.data_sources = schema["data_source_schemas"]
        self.answer = pb.GetProviderSchema.Response(
            provider=schema_of(PROVIDER_BLOCK),
            resource_schemas={name: schema_of(each["block"]) for name, each in schema["resource_schemas"].items()},
            data_source_schemas={
                name: schema_of(each["block"]) for name, each in schema["data_source_schemas"].items()
            },
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
        )
        for name, each in schema["ephemeral_resource_schemas"].items():
            self.answer.MergeFromString(ephemeral_entry(name, schema_of(each["block"])))

    def GetProviderSchema(self, request, context):
        return self.answer

    def ValidateProviderConfig(self, request, context):
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request, context):
        block = self.resources[request.type_name]["block"]
        wrong = set_by_aws_only(block, read_dynamic_value(request.config))
        return pb.ValidateResourceConfig.Response(diagnostics=[refusal(name) for name in wrong])

    def ValidateDataResourceConfig(self, request, context):
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request, context):
        return pb.ConfigureProvider.Response()

    def UpgradeResourceState(self, request, context):
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=request.raw_state.json))

    def ReadResource(self, request, context):
        return pb.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request, context):
        proposed = read_dynamic_value(request.proposed_new_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        block = self.resources[request.type_name]["block"]
        return pb.PlanResourceChange.Response(planned_state=to_dynamic_value(pretend.planned(block, proposed)))

    def ApplyResourceChange(self, request, context):
        plan = read_dynamic_value(request.planned_state)
        if plan is None:
            return pb.ApplyResourceChange.Response(new_state=request.planned_state)
        block = self.resources[request.type_name]["block"]
        state = pretend.applied(request.type_name, block, plan)
        return pb.ApplyResourceChange.Response(new_state=to_dynamic_value(state))

    def ReadDataSource(self, request, context):
        block = self.data_sources[request.type_name]["block"]
        state = pretend.read(request.type_name, block, read_dynamic_value(request.config))
        return pb.ReadDataSource.Response(state=to_dynamic_value(state))

    def StopProvider(self, request, context):
        return pb.StopProvider.Response()


def open_ephemeral(request, _context):
    """OpenEphemeralResource: a fresh secret. Its messages begin like ReadDataSource's."""
    config = read_dynamic_value(pb.ReadDataSource.Request.FromString(request).config)
    secret = secrets.token_hex(128)[: int(config.get("password_length") or 32)]
    found = {name: secret for name in ("random_password", "secret_string") if name in config}
    value = to_dynamic_value({**config, **found, "region": pretend.REGION})
    encoded = value.SerializeToString()
    return b"\x1a" + varint(len(encoded)) + encoded


def empty_answer(_request, _context):
    return b""


class WithEphemeral:
    """Adds to a server what this package's protocol does not know yet."""

    METHODS = {
        "ValidateEphemeralResourceConfig": empty_answer,
        "OpenEphemeralResource": open_ephemeral,
        "RenewEphemeralResource": empty_answer,
        "CloseEphemeralResource": empty_answer,
    }

    def __init__(self, add_provider):
        self.add_provider = add_provider

    def __call__(self, servicer, server):
        self.add_provider(servicer, server)
        handlers = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in self.METHODS.items()}
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers)])


class App:
    """What the runner wants to know of a provider."""

    def full_name(self):
        return "registry.terraform.io/hashicorp/aws"


def main():
    tf.provider.ProviderServicer = SchemaProvider
    rpc.add_ProviderServicer_to_server = WithEphemeral(rpc.add_ProviderServicer_to_server)
    run_provider(App())


if __name__ == "__main__":
    main()
