"""The protocol buffer messages of event files.

Names and texts are declared as ``bytes``: a tag that is not UTF-8 must not make its record
unreadable. Only fields that are read or written are declared; their numbers are those of
``event.proto``, ``summary.proto``, ``tensor.proto``, and the hparams plugin's ``api.proto`` and
``plugin_data.proto``.
"""

from typing import Any, Final

from core.tfevents.protobuf import DecodeError, declare

__all__ = ["DecodeError", "EventProto", "HParamsPluginData"]

_classes = declare(
    "trainpad.tfevents",
    {
        "Dim": "1 int64 size",
        "Shape": "2 Dim[] dim",
        "Tensor": """
            1 int32 dtype; 2 Shape tensor_shape; 4 bytes tensor_content; 13 int32[] half_val;
            5 float[] float_val; 6 double[] double_val; 7 int32[] int_val; 8 bytes[] string_val;
            10 int64[] int64_val; 11 bool[] bool_val; 16 uint32[] uint32_val;
            17 uint64[] uint64_val""",
        "PluginData": "1 bytes plugin_name; 2 bytes content",
        "Metadata": "1 PluginData plugin_data",
        "Histogram": """
            1 double min; 2 double max; 3 double num; 4 double sum; 5 double sum_squares;
            6 double[] bucket_limit; 7 double[] bucket""",
        "Image": "1 int32 height; 2 int32 width; 3 int32 colorspace; 4 bytes encoded_image_string",
        "Value": """
            1 bytes tag; 9 Metadata metadata; 2 float simple_value value; 4 Image image value;
            5 Histogram histo value; 6 bytes audio value; 8 Tensor tensor value""",
        "Summary": "1 Value[] value",
        "SessionLog": "1 int32 status",
        "Event": """
            1 double wall_time; 2 int64 step; 3 bytes file_version what; 4 bytes graph_def what;
            5 Summary summary what; 7 SessionLog session_log what""",
        "Datum": "2 double number kind; 3 bytes string kind; 4 bool boolean kind",
        "HParam": "1 bytes key; 2 Datum value",
        "SessionStartInfo": "1 HParam[] hparams; 4 bytes group_name; 5 double start_time_secs",
        "SessionEndInfo": "1 int32 status; 2 double end_time_secs",
        "MetricName": "1 bytes group; 2 bytes tag",
        "HParamInfo": "1 bytes name; 4 int32 type",
        "MetricInfo": "1 MetricName name",
        "Experiment": "3 double time_created_secs; 4 HParamInfo[] hparam_infos; "
        "5 MetricInfo[] metric_infos",
        "HParamsPluginData": """
            1 int32 version; 2 Experiment experiment data;
            3 SessionStartInfo session_start_info data;
            4 SessionEndInfo session_end_info data""",
    },
)

EventProto: Final[Any] = _classes["Event"]
HParamsPluginData: Final[Any] = _classes["HParamsPluginData"]
