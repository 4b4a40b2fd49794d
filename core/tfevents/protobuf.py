"""Protocol buffer messages declared in Python, in a descriptor pool of our own.

Why not ``.proto`` files and generated ``_pb2.py`` modules: generated code only works with the
protobuf runtime of the same major version (or the next), and the supported range is 6 to 8.
A descriptor built at run time works with all of them. Its own pool keeps it separate from the
classes of TensorFlow, tensorboard and wandb, which may be loaded in the same process.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

__all__ = ["DecodeError", "declare"]


def declare(package: str, schema: Mapping[str, str]) -> dict[str, Any]:
    """Return the message classes of a schema, by name.

    Args:
        package: Their package, different for each schema.
        schema: For each message its fields, separated by semicolons. Each field: number, type (with
            ``[]`` if repeated), name, and the oneof it belongs to, if any.
    """
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto3"
    )
    for name, fields in schema.items():
        message = file.message_type.add(name=name)
        for field in fields.split(";"):
            _add_field(message, package, *field.split())
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in schema
    }


def _add_field(
    message: Any, package: str, number: str, type_name: str, name: str, oneof: str = ""
) -> None:
    """Add one field to a message's descriptor; types with a capital letter are messages."""
    kinds = descriptor_pb2.FieldDescriptorProto
    field = message.field.add(name=name, number=int(number), label=kinds.LABEL_OPTIONAL)
    if type_name.endswith("[]"):
        field.label, type_name = kinds.LABEL_REPEATED, type_name[:-2]
    if type_name[0].isupper():
        field.type, field.type_name = kinds.TYPE_MESSAGE, f".{package}.{type_name}"
    else:
        field.type = getattr(kinds, f"TYPE_{type_name.upper()}")
    if oneof:
        names = [declared.name for declared in message.oneof_decl]
        if oneof not in names:
            names.append(oneof)
            message.oneof_decl.add(name=oneof)
        field.oneof_index = names.index(oneof)
