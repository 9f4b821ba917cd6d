{
  # CMakeLists.txt describes the build; this only calls it.
  "targets": [
    {
      "target_name": "libtorch_gan",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["<(PRODUCT_DIR)/libtorch_gan.node"],
          "action": [
            "sh", "-c",
            "cmake -S '<(module_root_dir)' -B '<(module_root_dir)/build/cmake' -DCMAKE_LIBRARY_OUTPUT_DIRECTORY='<(PRODUCT_DIR)' && cmake --build '<(module_root_dir)/build/cmake' --parallel 2"
          ]
        }
      ]
    }
  ]
}
